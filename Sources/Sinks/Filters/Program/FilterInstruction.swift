// SPDX-License-Identifier: Apache-2.0

/// One step of a program, which works on a stack of values.
enum FilterInstruction: Sendable {
  /// Pushes a literal.
  case literal(Int)
  /// Pushes a text of the event, null where it has none.
  case attribute(Int)
  /// Pushes a tag, an error where there is none.
  case tag(Int)
  /// Pushes the event's time, null where it has none.
  case time
  /// Pushes a value in the data, an error where there is none.
  case data(Int)
  /// Pushes whether the event has a tag.
  case hasTag(Int)
  /// Pushes whether there is a value in the data; an error where what should hold it is no map.
  case hasData(Int)
  /// Replaces a boolean by its opposite.
  case not
  /// Goes to another instruction if the value on top is false, which stays; makes what is no boolean
  /// an error.
  case jumpIfFalse(Int)
  /// Goes to another instruction if the value on top is true, as above.
  case jumpIfTrue(Int)
  /// Replaces two values by what both are together.
  case and
  /// Replaces two values by what one of them is.
  case or
  /// Replaces two values by how they compare.
  case compare(FilterRelation)
  /// Replaces a value by whether it is in a list of literals.
  case isOneOf(Int)
  /// Replaces a value and a list or map in the data by whether the one is in the other.
  case isInData
  /// Replaces a text by whether it is the name of a tag.
  case isTagName
  /// Replaces a text by whether another is in it.
  case contains(Int)
  case startsWith
  case endsWith
  case size
  case toInt
  case toDouble
  /// Pushes what a test of a tag says.
  case test(Int)
}

/// A test of a tag, prepared.
struct FilterTest: Sendable {
  enum Kind: Sendable {
    case equal(Range<Int>)
    /// The texts of a list.
    case anyOf(Int)
    case exists
    case startsWith(Range<Int>)
    case endsWith(Range<Int>)
    case contains(Int)
    case number(FilterRelation, DecimalText, Range<Int>)
  }

  let field: Int
  let kind: Kind
  /// Whether nothing else in the program reads the field, so that it is not worth keeping.
  var isOnly = false
}

/// The literals of a list, prepared.
struct FilterList: Sendable {
  /// In ascending order.
  var texts: [Range<Int>] = []
  var others: [FilterValue] = []
}
