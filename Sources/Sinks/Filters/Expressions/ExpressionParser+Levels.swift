// SPDX-License-Identifier: Apache-2.0
import Codecs

// Levels of precedence, the loosest first.
extension ExpressionParser {
  /// Reads `a || b || …`.
  mutating func alternatives() throws(FilterViolation) -> ExpressionTerm {
    let first = try conjunction()
    guard current.isSign("||") else { return first }
    var parts = [try boolean(first, of: "||")]
    var depth = first.depth
    while try take("||") {
      try count()
      let part = try conjunction()
      parts.append(try boolean(part, of: "||"))
      depth = max(depth, part.depth)
    }
    return try condition(.any(parts), from: first.start, around: depth)
  }

  /// Reads `a && b && …`.
  private mutating func conjunction() throws(FilterViolation) -> ExpressionTerm {
    let first = try relation()
    guard current.isSign("&&") else { return first }
    var parts = [try boolean(first, of: "&&")]
    var depth = first.depth
    while try take("&&") {
      try count()
      let part = try relation()
      parts.append(try boolean(part, of: "&&"))
      depth = max(depth, part.depth)
    }
    return try condition(.all(parts), from: first.start, around: depth)
  }

  /// Reads `a == b` and `a in b`, from left to right.
  private mutating func relation() throws(FilterViolation) -> ExpressionTerm {
    var left = try unary()
    while true {
      let sign = current
      if sign.content == .name("in") {
        try advance()
        left = try membership(of: left, in: try unary())
      } else if case .sign(let spelling) = sign.content,
        let relation = FilterRelation(rawValue: spelling)
      {
        try advance()
        left = try comparison(relation, left, try unary(), at: sign)
      } else {
        return left
      }
      try count()
    }
  }

  private func comparison(
    _ relation: FilterRelation,
    _ left: ExpressionTerm,
    _ right: ExpressionTerm,
    at sign: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    let (first, second) = (try value(of: left), try value(of: right))
    let isEquality = relation == .equal || relation == .unequal
    guard isEquality ? first.type.canEqual(second.type) : first.type.canPrecede(second.type) else {
      let isTime = first.type.present == .time || second.type.present == .time
      throw FilterViolation(
        .type,
        at: sign.place,
        "\(relation.rawValue) does not compare \(first.type.name) with \(second.type.name)",
        remedy: isTime
          ? "write timestamp(\"2026-01-31T12:00:00Z\")"
          : "convert with int() or double(), or compare values of one type"
      )
    }
    return try condition(
      .comparison(relation, first.expression, second.expression),
      from: left.start,
      around: max(left.depth, right.depth)
    )
  }

  private func membership(
    of left: ExpressionTerm,
    in right: ExpressionTerm
  ) throws(FilterViolation) -> ExpressionTerm {
    let (value, type) = try value(of: left)
    let expression: FilterExpression
    switch right.content {
    case .list(let constants):
      if let other = constants.first(where: { !type.canEqual($0.type) }) {
        throw FilterViolation(
          .type,
          at: right.start.place,
          "\(type.name) is never \(other.type.name) of this list",
          remedy: "list values of one type"
        )
      }
      expression = .isOneOf(value, constants)
    case .tags: expression = .isTagName(try text(left, of: "in tags"))
    case .data(let path): expression = .isInData(value, path)
    case .value:
      throw FilterViolation(
        .type,
        at: right.start.place,
        "in needs a list",
        remedy: "write [A, B], a list or map in data, or tags"
      )
    }
    return try condition(expression, from: left.start, around: left.depth)
  }

  /// Reads `!a`, `-1` or `a`.
  private mutating func unary() throws(FilterViolation) -> ExpressionTerm {
    let sign = current
    if try take("!") {
      try count()
      let inner = try nested { parser throws(FilterViolation) in try parser.unary() }
      return try condition(.not(try boolean(inner, of: "!")), from: sign, around: inner.depth)
    }
    if try take("-") { return try negative(from: sign) }
    return try member()
  }

  private mutating func negative(
    from sign: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    let constant: FilterConstant
    switch current.content {
    case .int(let magnitude): constant = .int(Int64(truncatingIfNeeded: 0 &- magnitude))
    case .double(let magnitude): constant = .double(-magnitude)
    default:
      throw FilterViolation(
        .unsupported,
        at: sign.place,
        "only a literal number can be negated",
        remedy: "turn the comparison round"
      )
    }
    try count()
    try advance()
    return ExpressionTerm(content: .value(.constant(constant), .number), start: sign)
  }
}
