// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Transport

/// The targets that a loop was asked for last, taken apart: mostly they are asked for again, by the same
/// connection or by others; confined to that loop.
final class KnownTargets {
  private static let count = 16

  /// Each in the place that its text's hash chooses, until another is asked for that has the same.
  private var places = [(text: String, target: RequestTarget)](
    repeating: ("", .root),
    count: count
  )

  /// The target of a request.
  func target(of head: HTTPRequestHead) throws(Problem) -> RequestTarget {
    let text = head.target
    let place = Int(UInt(bitPattern: text.hashValue) % UInt(Self.count))
    if places[place].text == text { return places[place].target }
    do {
      places[place] = (text, try RequestTarget.parse(text))
    } catch {
      throw Problem(
        400,
        "Bad target",
        error.description,
        remedy: "percent-encode the path and the query",
        field: "target"
      )
    }
    return places[place].target
  }
}

/// A request as its route sees it.
struct RequestContext {
  let head: HTTPRequestHead
  let target: RequestTarget
  /// Who has sent it.
  var caller: Caller
  /// Where a late answer goes.
  let reply: Router.ReplyAddress

  /// The one value of a query item that may be there once.
  func query(_ name: String) throws(Problem) -> String? {
    let values = target.values(of: name)
    guard values.count <= 1 else {
      throw Problem(
        400,
        "Repeated query item",
        "'\(name)' is there \(values.count) times",
        remedy: "give it once",
        field: name
      )
    }
    return values.first
  }

  /// A query item that is a whole number in a range.
  func number<Number: FixedWidthInteger>(
    _ name: String,
    in range: ClosedRange<Number>,
    default value: Number
  ) throws(Problem) -> Number {
    guard let text = try query(name) else { return value }
    guard let number = Number(text), range.contains(number) else {
      throw Problem(
        400,
        "Bad \(name)",
        "'\(name)' is '\(text)'",
        remedy: "give a whole number from \(range.lowerBound) to \(range.upperBound)",
        field: name
      )
    }
    return number
  }
}

// What requests that publish have in common.
extension RequestContext {
  /// The key by which a topic knows a publish again, if it has one.
  func idempotencyKey() throws(Problem) -> String? {
    let keys = head.fields.values(of: "Idempotency-Key")
    guard let key = keys.first else { return nil }
    guard keys.count == 1, 1...IdempotencyLimits.maximumKeyBytes ~= key.utf8.count else {
      throw Problem(
        400,
        "Bad idempotency key",
        keys.count == 1 ? "the key is empty or too long" : "there are \(keys.count) keys",
        remedy: "send one key of 1 to \(IdempotencyLimits.maximumKeyBytes) bytes",
        field: "Idempotency-Key"
      )
    }
    // Two users may well have the same idea of a key.
    guard let user = caller.identity?.user else { return key }
    let digest = Base64URL.encode(Digest.sha256(Array("\(user)\n\(key)".utf8)))
    return "user \(String(decoding: digest, as: UTF8.self))"
  }

  /// Refuses a body that is coded: nothing is decompressed, so that a small body is a small body.
  func checkEncoding() throws(Problem) {
    guard let coding = head.fields["Content-Encoding"],
      coding.lowercased() != "identity"
    else { return }
    throw Problem(
      415,
      "Unsupported content coding",
      "bodies can't be sent as '\(coding)'",
      remedy: "send the body without Content-Encoding",
      field: "Content-Encoding"
    )
  }
}
