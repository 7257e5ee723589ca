// SPDX-License-Identifier: Apache-2.0

/// A request that came in whole, and what the scripted server says to it.
struct ScriptedRequest {
  let head: String
  let body: [UInt8]

  /// Takes a request out of what was read; `nil` while it is not whole.
  init?(_ input: inout [UInt8]) {
    let mark = Array("\r\n\r\n".utf8)
    guard
      let end = input.indices.first(where: { input[$0] == 13 && input[$0...].starts(with: mark) })
    else { return nil }
    head = String(decoding: input[..<end], as: UTF8.self)
    let length = head.lowercased().split(separator: "\r\n")
      .first { $0.hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) }
    let bodyEnd = end + 4 + (length ?? 0)
    guard input.count >= bodyEnd else { return nil }
    body = Array(input[(end + 4)..<bodyEnd])
    input.removeFirst(bodyEnd)
  }

  var method: Substring { head.prefix { $0 != " " } }
  var path: Substring { head.drop { $0 != " " }.dropFirst().prefix { $0 != " " } }

  /// Whether the connection ends after the answer.
  var isLast: Bool { ["/cut", "/garbage", "/last"].contains(path) }

  /// The bytes to send; `nil` to say nothing.
  var answer: [UInt8]? {
    let parts = path.dropFirst().split(
      separator: "/",
      maxSplits: 1,
      omittingEmptySubsequences: false
    )
    let rest = parts.count > 1 ? String(parts[1]) : ""
    switch parts.first?.prefix(while: { $0 != "?" }) {
    case "hello", "last": return Self.response(body: Array("hello".utf8))
    case "echo": return Self.response(body: body)
    case "describe": return Self.response(body: Array(head.utf8))
    case "bytes": return Self.response(body: pattern(Int(rest) ?? 0))
    case "zeros": return Self.response(body: Array(repeating: 0, count: Int(rest) ?? 0))
    case "status": return Self.response("\(rest) Some", body: [])
    case "silent": return nil
    case "half": return Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".utf8)
    case "cut": return Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut".utf8)
    case "garbage": return Array("this is no HTTP\r\n\r\n".utf8)
    case "head":
      return Self.response(
        "200 OK\r\nLarge: \(String(repeating: "x", count: Int(rest) ?? 0))",
        body: []
      )
    case "interim":
      return Array("HTTP/1.1 103 Early Hints\r\nEarly: yes\r\n\r\n".utf8)
        + Self.response("200 OK\r\nTwice: 1\r\nTwice:  2 ", body: Array("final".utf8))
    case "trailers":
      return Array(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nAfter: all\r\n\r\n"
          .utf8
      )
    case "redirect":
      let left = Int(rest) ?? 0
      if left == 0 { return Self.response(body: Array("\(method) arrived".utf8)) }
      return Self.response("302 Found\r\nLocation: /redirect/\(left - 1)", body: [])
    case "to": return Self.response("302 Found\r\nLocation: \(rest)", body: Array("elsewhere".utf8))
    default: return Self.response("404 Not Found", body: [])
    }
  }

  private static func response(_ status: String = "200 OK", body: [UInt8]) -> [UInt8] {
    Array("HTTP/1.1 \(status)\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
  }
}
