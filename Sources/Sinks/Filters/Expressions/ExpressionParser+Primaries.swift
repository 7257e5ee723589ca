// SPDX-License-Identifier: Apache-2.0

extension ExpressionParser {
  /// Reads a literal, a name, a call, a list or an expression in parentheses.
  mutating func primary() throws(FilterViolation) -> ExpressionTerm {
    let token = current
    switch token.content {
    case .name(let name): return try named(name, at: token)
    case .int(let magnitude):
      guard let value = Int64(exactly: magnitude) else {
        throw FilterViolation(
          .syntax,
          at: token.place,
          "the number is beyond 64 bits",
          remedy: "write it as a double, such as 1e20"
        )
      }
      return try literal(.int(value), at: token)
    case .double(let value): return try literal(.double(value), at: token)
    case .text(let text): return try literal(.text(text), at: token)
    case .sign("("):
      try advance()
      let inner = try nested { parser throws(FilterViolation) in try parser.alternatives() }
      try expect(")", after: "the expression in parentheses")
      return ExpressionTerm(content: inner.content, start: token, depth: inner.depth)
    case .sign("["):
      try advance()
      return try list(from: token)
    case .sign("{"): throw unexpected(after: "an operator")
    case .sign, .end:
      throw FilterViolation(
        .syntax,
        at: token.place,
        "expected a value",
        remedy: "write a literal, a name such as type, or a place such as data.amount"
      )
    }
  }

  private mutating func literal(
    _ constant: FilterConstant,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    try count()
    try advance()
    return ExpressionTerm(content: .value(.constant(constant), constant.type), start: token)
  }

  /// The elements of a list and its closing bracket.
  private mutating func list(from start: ExpressionToken) throws(FilterViolation) -> ExpressionTerm
  {
    var constants: [FilterConstant] = []
    while !current.isSign("]") {
      let element = try nested { parser throws(FilterViolation) in try parser.alternatives() }
      guard case .value(.constant(let constant), _) = element.content else {
        throw FilterViolation(
          .unsupported,
          at: element.start.place,
          "a list holds literals",
          remedy: "compare with == and join with ||"
        )
      }
      constants.append(constant)
      guard try take(",") else { break }
    }
    try expect("]", after: "the list")
    return ExpressionTerm(content: .list(constants), start: start)
  }

  private mutating func named(
    _ name: String,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    try count()
    try advance()
    if current.isSign("(") {
      try advance()
      return try function(name, at: token)
    }
    let content: ExpressionTerm.Content
    switch name {
    case "true": content = .value(.constant(.bool(true)), .bool)
    case "false": content = .value(.constant(.bool(false)), .bool)
    case "null": content = .value(.constant(.null), .null)
    case "type": content = .value(.field(.type), .text)
    case "subject": content = .value(.field(.subject), .optionalText)
    case "id": content = .value(.field(.id), .optionalText)
    case "source": content = .value(.field(.source), .optionalText)
    case "time": content = .value(.time, .optionalTime)
    case "tags": content = .tags
    case "data": content = .data([])
    default:
      throw FilterViolation(
        .unknownName,
        at: token.place,
        "there is no such name",
        remedy: "use type, subject, id, source, time, tags.NAME or data.NAME, and quote texts"
      )
    }
    return ExpressionTerm(content: content, start: token)
  }
}
