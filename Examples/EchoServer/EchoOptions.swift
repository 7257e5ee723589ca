// SPDX-License-Identifier: Apache-2.0

/// What the command line says.
struct EchoOptions {
  /// A wrong command line.
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  static let usage = "usage: echo-server [--port P] [--loops N] [--tls CERTIFICATE KEY]"

  /// Where it listens, on loopback; 0 lets the kernel choose.
  var port: UInt16 = 9_000
  /// How many event loops there are.
  var loops = 2
  /// Files in PEM form; with them it speaks TLS only.
  var tls: (certificate: String, key: String)?

  init(_ arguments: some Sequence<String>) throws(Violation) {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch name {
      case "--port": port = try Self.number(of: name, in: &rest)
      case "--loops":
        let count: UInt8 = try Self.number(of: name, in: &rest)
        guard count >= 1 else { throw Violation(description: "--loops is at least 1") }
        loops = Int(count)
      case "--tls":
        guard let certificate = rest.popFirst(), let key = rest.popFirst() else {
          throw Violation(description: "--tls needs two files\n\(Self.usage)")
        }
        tls = (certificate, key)
      default: throw Violation(description: "there is no option \(name)\n\(Self.usage)")
      }
    }
  }

  private static func number<Number: FixedWidthInteger>(
    of name: String,
    in rest: inout ArraySlice<String>
  ) throws(Violation) -> Number {
    guard let text = rest.popFirst(), let number = Number(text) else {
      throw Violation(description: "\(name) needs a number up to \(Number.max)\n\(usage)")
    }
    return number
  }
}
