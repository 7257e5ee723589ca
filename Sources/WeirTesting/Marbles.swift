// SPDX-License-Identifier: Apache-2.0

/// A stream as it is drawn on paper: what comes at each millisecond, from 0 on.
///
/// As a string, each character is one millisecond: `-` brings nothing, any other character is a
/// value, `(ab)` are values of one millisecond, `|` ends the stream. So `"ab-(cd)|"` brings `a` at 0,
/// `b` at 1, `c` and `d` at 3, and ends at 4; `"a(b|)"` ends at 1, behind `b`. Spaces are ignored.
///
/// ```swift
/// let slow: Marbles = "abc---d|"
/// #expect(slow.through { $0.throttle(for: .milliseconds(3)) } == "---c--d|")
/// ```
public struct Marbles<Value: Sendable>: Sendable {
  /// What comes at each millisecond.
  public private(set) var steps: [[Value]]
  /// Whether the stream ends at the last step, behind what comes there.
  public private(set) var isEnded: Bool

  /// Makes a stream of its steps.
  public init(steps: [[Value]], isEnded: Bool) {
    self.steps = steps
    self.isEnded = isEnded
  }

  /// The same stream of other values.
  public func map<Other>(_ transform: (Value) -> Other) -> Marbles<Other> {
    Marbles<Other>(steps: steps.map { $0.map(transform) }, isEnded: isEnded)
  }
}

extension Marbles: Equatable where Value: Equatable {}

extension Marbles<Character> {
  /// Reads the notation.
  public init(_ text: String) {
    self.init(steps: [], isEnded: false)
    var isGrouped = false
    for character in text where character != " " {
      precondition(!isEnded || character == ")", "nothing comes after the end")
      switch character {
      case "(":
        precondition(!isGrouped, "a group holds no group")
        isGrouped = true
        steps.append([])
      case ")":
        precondition(isGrouped, "a group is opened before it is closed")
        isGrouped = false
      default:
        if !isGrouped { steps.append([]) }
        take(character)
      }
    }
    precondition(!isGrouped, "a group is closed")
  }

  private mutating func take(_ character: Character) {
    switch character {
    case "-": break
    case "|": isEnded = true
    default: steps[steps.count - 1].append(character)
    }
  }
}

extension Marbles<Character>: ExpressibleByStringLiteral, ExpressibleByUnicodeScalarLiteral,
  ExpressibleByExtendedGraphemeClusterLiteral
{
  /// Reads the notation.
  public init(stringLiteral text: String) {
    self.init(text)
  }
}

extension Marbles<Character>: CustomStringConvertible {
  /// The notation.
  public var description: String {
    steps.indices.map { index in
      let end = isEnded && index == steps.count - 1 ? "|" : ""
      let text = String(steps[index]) + end
      return text.isEmpty ? "-" : text.count == 1 ? text : "(\(text))"
    }.joined()
  }
}
