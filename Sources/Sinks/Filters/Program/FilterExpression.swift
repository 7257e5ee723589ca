// SPDX-License-Identifier: Apache-2.0
import Codecs

/// How two values are compared.
enum FilterRelation: String, Sendable {
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case atMost = "<="
  case greater = ">"
  case atLeast = ">="

  /// The relation of the same two the other way round.
  var mirrored: FilterRelation {
    switch self {
    case .equal, .unequal: self
    case .less: .greater
    case .atMost: .atLeast
    case .greater: .less
    case .atLeast: .atMost
    }
  }

  /// What it says about an order: below 0, 0 or above 0.
  func holds(_ order: Int) -> Bool {
    switch self {
    case .equal: order == 0
    case .unequal: order != 0
    case .less: order < 0
    case .atMost: order <= 0
    case .greater: order > 0
    case .atLeast: order >= 0
    }
  }
}

/// A function with one or two arguments.
enum FilterFunction: String, Sendable {
  case size
  case int
  case double
  case startsWith
  case endsWith
}

/// A test of a tag as `tf` spells it: true or false, never an error.
enum FilterTagTest: Sendable {
  case equal(String)
  case anyOf([String])
  case exists
  case startsWith(String)
  case endsWith(String)
  case contains(String)
  /// The tag's and this text as decimal numbers; false where the tag's is none.
  case number(FilterRelation, String)
}

/// What a filter says, whichever way it was spelled.
indirect enum FilterExpression: Sendable {
  case constant(FilterConstant)
  case field(FilterField)
  /// The event's time.
  case time
  case data([JSONPaths.Step])
  case hasTag(String)
  case hasData([JSONPaths.Step])
  case not(FilterExpression)
  case all([FilterExpression])
  case any([FilterExpression])
  case comparison(FilterRelation, FilterExpression, FilterExpression)
  case isOneOf(FilterExpression, [FilterConstant])
  case isInData(FilterExpression, [JSONPaths.Step])
  case isTagName(FilterExpression)
  case contains(FilterExpression, String)
  case call(FilterFunction, [FilterExpression])
  case tag(String, FilterTagTest)

  /// Whether it can be nothing but true, false or an error.
  var isBoolean: Bool {
    switch self {
    case .constant(.bool): true
    case .constant, .field, .time, .data: false
    case .call(let function, _): function == .startsWith || function == .endsWith
    default: true
    }
  }

  /// Whether it reads the event's data.
  var readsData: Bool {
    switch self {
    case .constant, .field, .time, .hasTag, .tag: false
    case .data, .hasData, .isInData: true
    case .not(let inner), .isOneOf(let inner, _), .isTagName(let inner), .contains(let inner, _):
      inner.readsData
    case .all(let parts), .any(let parts), .call(_, let parts): parts.contains(where: \.readsData)
    case .comparison(_, let left, let right): left.readsData || right.readsData
    }
  }
}
