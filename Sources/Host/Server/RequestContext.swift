// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The target that a connection asked for last, taken apart: mostly it asks for it again.
struct KnownTarget {
  private var text = ""
  private var target = RequestTarget.root

  /// The target of a request.
  mutating func target(of head: HTTPRequestHead) throws(Problem) -> RequestTarget {
    if head.target == text { return target }
    do {
      target = try RequestTarget.parse(head.target)
    } catch {
      throw Problem(
        400,
        "Bad target",
        error.description,
        remedy: "percent-encode the path and the query",
        field: "target"
      )
    }
    text = head.target
    return target
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
