// SPDX-License-Identifier: Apache-2.0

/// A value while a filter is evaluated: small, without references, so that a stack of them is cheap.
struct FilterValue: Sendable {
  enum Kind: UInt8, Sendable {
    /// What CEL calls a runtime error.
    case error
    case null
    case bool
    case int
    case double
    case time
    case text
    case list
    case map
  }

  /// Whose bytes a text's range counts.
  enum Place: UInt8, Sendable {
    /// The program's literals.
    case literals
    /// The event's data.
    case data
    /// What was unescaped or written during the evaluation.
    case written
    /// A text of the event; the range's lower bound is its number, the whole text is meant.
    case field
  }

  let kind: Kind
  var place = Place.literals
  /// A text's lower bound, a container's beginning, or the number.
  private let payload: Int
  /// A text's upper bound.
  private var end = 0

  private init(_ kind: Kind, _ payload: Int = 0) {
    self.kind = kind
    self.payload = payload
  }

  static let error = FilterValue(.error)
  static let null = FilterValue(.null)
  static func bool(_ bool: Bool) -> FilterValue { FilterValue(.bool, bool ? 1 : 0) }
  static func int(_ int: Int64) -> FilterValue { FilterValue(.int, Int(int)) }
  static func time(_ milliseconds: Int64) -> FilterValue { FilterValue(.time, Int(milliseconds)) }
  static func double(_ double: Double) -> FilterValue {
    FilterValue(.double, Int(bitPattern: UInt(double.bitPattern)))
  }
  static func list(_ start: Int) -> FilterValue { FilterValue(.list, start) }
  static func map(_ start: Int) -> FilterValue { FilterValue(.map, start) }
  static func field(_ number: Int) -> FilterValue { text(in: .field, number..<number) }

  static func text(in place: Place, _ range: Range<Int>) -> FilterValue {
    var value = FilterValue(.text, range.lowerBound)
    value.place = place
    value.end = range.upperBound
    return value
  }

  var isTrue: Bool { kind == .bool && payload != 0 }
  var isFalse: Bool { kind == .bool && payload == 0 }
  /// The value of an int, a bool or a time.
  var int: Int64 { Int64(payload) }
  var double: Double { Double(bitPattern: UInt64(UInt(bitPattern: payload))) }
  /// A text's place, a container's beginning.
  var start: Int { payload }
  var range: Range<Int> { payload..<end }
  var isNumber: Bool { kind == .int || kind == .double }
  var isContainer: Bool { kind == .list || kind == .map }

  /// Below 0, 0 or above 0; `nil` unless both are numbers; exact across int and double.
  func numberOrder(to other: FilterValue) -> Int? {
    switch (kind, other.kind) {
    case (.int, .int): Self.order(int, other.int)
    case (.double, .double): Self.order(double, other.double)
    case (.int, .double): Self.mixedOrder(int, other.double)
    case (.double, .int): -Self.mixedOrder(other.int, double)
    default: nil
    }
  }

  private static func order<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
    left == right ? 0 : left < right ? -1 : 1
  }

  private static func mixedOrder(_ int: Int64, _ double: Double) -> Int {
    // Beyond all integers, infinities included; there is no NaN in JSON, nor a literal of it.
    if double >= 0x1p63 { return -1 }
    if double < -0x1p63 { return 1 }
    let whole = Int64(double)
    return int == whole ? order(0.0, double - Double(whole)) : order(int, whole)
  }
}
