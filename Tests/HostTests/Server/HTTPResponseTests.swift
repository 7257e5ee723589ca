// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct HTTPResponseTests {
  private static let head = UsualHead(HTTPResponse.jsonFields)

  /// An answer that comes with its head, and the same without.
  private static func pair(_ text: String) -> (ready: HTTPResponse, plain: HTTPResponse) {
    let body = Array(text.utf8)
    return (
      HTTPResponse(head, bodyCount: body.count) { $0.append(contentsOf: body) },
      HTTPResponse(200, fields: HTTPResponse.jsonFields, body: body)
    )
  }

  @Test(arguments: ["", "{}", String(repeating: "x", count: 12_345)])
  func `an answer with its usual head is the answer without`(text: String) {
    let (ready, plain) = Self.pair(text)
    #expect(ready.body == plain.body)
    #expect(ready.bodyCount == text.utf8.count)
    for isHead in [false, true] {
      for keepsAlive in [false, true] {
        for minorVersion in [0, 1] {
          let written = ready.encode(
            isHead: isHead,
            keepsAlive: keepsAlive,
            minorVersion: minorVersion
          )
          let wanted = plain.encode(
            isHead: isHead,
            keepsAlive: keepsAlive,
            minorVersion: minorVersion
          )
          #expect(written == wanted, "HEAD \(isHead), stays \(keepsAlive), 1.\(minorVersion)")
        }
      }
    }
  }

  /// Ways in which an answer becomes another.
  private static let changes: [@Sendable (inout HTTPResponse) -> Void] = [
    { $0.status = 201 }, { $0.fields.append("X", "y") }, { $0.body = [1, 2, 3] },
    { $0.hasLength = false },
  ]

  @Test(arguments: changes.indices)
  func `an answer that is changed loses its usual head`(index: Int) {
    var (ready, plain) = Self.pair("{}")
    Self.changes[index](&ready)
    Self.changes[index](&plain)
    #expect(ready.body == plain.body)
    let isSame =
      ready.encode(isHead: false, keepsAlive: true) == plain.encode(isHead: false, keepsAlive: true)
    #expect(isSame)
  }
}
