// SPDX-License-Identifier: Apache-2.0
import Storage

/// Whole numbers and others.
typealias Countable = LosslessStringConvertible & Comparable & ExpressibleByIntegerLiteral

/// The words of a command line, taken one after the other.
struct Arguments {
  /// A word is missing, is too much or is not what it should be.
  struct Wrong: Error {}

  private var words: ArraySlice<String>

  init(_ words: ArraySlice<String>) {
    self.words = words
  }

  mutating func text() throws -> String {
    guard let word = words.popFirst() else { throw Wrong() }
    return word
  }

  mutating func number<Number: Countable>(
    _: Number.Type
  ) throws -> Number {
    guard let number = Number(try text()), number > 0 else { throw Wrong() }
    return number
  }

  /// A number behind which nothing may follow.
  mutating func last<Number: Countable>(
    _ type: Number.Type
  ) throws -> Number {
    let number = try number(type)
    try end()
    return number
  }

  mutating func synchronous() throws -> Synchronous {
    switch try text() {
    case "full": .full
    case "normal": .normal
    default: throw Wrong()
    }
  }

  /// A number of seconds; `nil` for "all".
  mutating func seconds() throws -> Double? {
    guard words.first == "all" else { return try number(Double.self) }
    words.removeFirst()
    return nil
  }

  func end() throws {
    guard words.isEmpty else { throw Wrong() }
  }
}
