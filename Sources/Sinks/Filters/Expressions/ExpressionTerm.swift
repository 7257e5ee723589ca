// SPDX-License-Identifier: Apache-2.0
import Codecs

/// A part of an expression that has been read, with what is known about its value.
struct ExpressionTerm {
  enum Content {
    /// A value.
    case value(FilterExpression, FilterType)
    /// `tags`, of which a name has to follow.
    case tags
    /// A place in the data.
    case data([JSONPaths.Step])
    /// A list in brackets.
    case list([FilterConstant])
  }

  let content: Content
  /// The token it begins with.
  let start: ExpressionToken
  /// Whether it ends with a name after a dot, as `has` demands.
  var isSelection = false
  /// How deep it nests.
  var depth = 1
}

extension ExpressionParser {
  /// The value that a term is.
  func value(
    of term: ExpressionTerm
  ) throws(FilterViolation) -> (expression: FilterExpression, type: FilterType) {
    switch term.content {
    case .value(let expression, let type): return (expression, type)
    case .data(let path): return (.data(path), .unknown)
    case .tags:
      throw FilterViolation(
        .type,
        at: term.start.place,
        "tags is not a value",
        remedy: "write tags.NAME or tags[\"NAME\"]"
      )
    case .list:
      throw FilterViolation(
        .unsupported,
        at: term.start.place,
        "a list stands only on the right of in",
        remedy: "write VALUE in [A, B]"
      )
    }
  }

  /// The value of a term that has to be true or false.
  func boolean(
    _ term: ExpressionTerm,
    of operator: String
  ) throws(FilterViolation) -> FilterExpression {
    let (expression, type) = try value(of: term)
    guard type.isPerhaps(.bool) else {
      throw FilterViolation(
        .type,
        at: term.start.place,
        "\(type.name) is neither true nor false, as \(`operator`) demands",
        remedy: "compare it with something"
      )
    }
    return expression
  }

  /// The value of a term that has to be a string.
  func text(
    _ term: ExpressionTerm,
    of function: String
  ) throws(FilterViolation) -> FilterExpression {
    let (expression, type) = try value(of: term)
    guard type.isPerhaps(.text) else {
      throw FilterViolation(
        .type,
        at: term.start.place,
        "\(function) takes strings, not \(type.name)",
        remedy: "give it a string"
      )
    }
    return expression
  }
}
