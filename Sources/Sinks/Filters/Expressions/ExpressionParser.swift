// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Reads an expression by CEL's grammar and checks the types of what it can know.
///
/// It descends once for each level of precedence; nesting and nodes are counted, so neither the stack
/// nor the memory depends on who wrote the text.
struct ExpressionParser {
  private var lexer: ExpressionLexer
  let limits: FilterLimits
  private(set) var current: ExpressionToken
  private var depth = 0
  private var nodeCount = 0

  /// Reads a whole text.
  ///
  /// - Throws: ``FilterViolation``, the fault of who wrote it.
  static func parse(
    _ text: String,
    limits: FilterLimits
  ) throws(FilterViolation) -> FilterExpression {
    let (parser, term) = try whole(text, limits: limits)
    return try parser.boolean(term, of: "a filter")
  }

  /// Reads a whole text that may be a value of any type.
  ///
  /// - Throws: ``FilterViolation``, the fault of who wrote it.
  static func parseValue(
    _ text: String,
    limits: FilterLimits
  ) throws(FilterViolation) -> FilterExpression {
    let (parser, term) = try whole(text, limits: limits)
    return try parser.value(of: term).expression
  }

  private static func whole(
    _ text: String,
    limits: FilterLimits
  ) throws(FilterViolation) -> (ExpressionParser, ExpressionTerm) {
    guard text.utf8.count <= limits.maximumBytes else {
      throw FilterViolation(
        .limit,
        at: .whole,
        "an expression may have at most \(limits.maximumBytes) bytes, this has \(text.utf8.count)",
        remedy: "shorten it"
      )
    }
    var parser = try ExpressionParser(text, limits: limits)
    let term = try parser.alternatives()
    guard parser.current.content == .end else { throw parser.unexpected(after: "the expression") }
    return (parser, term)
  }

  private init(_ text: String, limits: FilterLimits) throws(FilterViolation) {
    self.limits = limits
    lexer = ExpressionLexer(text)
    current = try lexer.next()
  }

  // Tokens.

  mutating func advance() throws(FilterViolation) { current = try lexer.next() }

  /// Passes over a sign, if it comes next.
  mutating func take(_ sign: String) throws(FilterViolation) -> Bool {
    guard current.isSign(sign) else { return false }
    try advance()
    return true
  }

  mutating func expect(_ sign: String, after what: String) throws(FilterViolation) {
    guard try take(sign) else {
      throw FilterViolation(
        .syntax,
        at: current.place,
        "expected \(sign) after \(what)",
        remedy: "put it there"
      )
    }
  }

  func unexpected(after what: String) -> FilterViolation {
    if case .sign(let sign) = current.content {
      if ["+", "-", "*", "/", "%"].contains(sign) {
        return FilterViolation(
          .unsupported,
          at: current.place,
          "arithmetic is not offered",
          remedy: "compute the value where you write the filter, or publish it"
        )
      }
      if sign == "?" {
        return FilterViolation(
          .unsupported,
          at: current.place,
          "the conditional operator is not offered",
          remedy: "write (A && B) || (!A && C)"
        )
      }
      if sign == "{" {
        return FilterViolation(
          .unsupported,
          at: current.place,
          "maps and messages are not offered",
          remedy: "compare their parts"
        )
      }
    }
    return FilterViolation(
      .syntax,
      at: current.place,
      "expected an operator or the end after \(what)",
      remedy: "join conditions with && or ||"
    )
  }

  // Limits.

  /// Counts a node.
  mutating func count(_ nodes: Int = 1) throws(FilterViolation) {
    nodeCount += nodes
    guard nodeCount <= limits.maximumNodes else {
      throw FilterViolation(
        .limit,
        at: current.place,
        "an expression may have at most \(limits.maximumNodes) nodes",
        remedy: "shorten it"
      )
    }
  }

  func tooDeep() -> FilterViolation {
    FilterViolation(
      .limit,
      at: current.place,
      "an expression may nest at most \(limits.maximumDepth) deep",
      remedy: "take parentheses away"
    )
  }

  /// Reads an expression inside brackets or behind a sign.
  mutating func nested<Result>(
    _ read: (inout ExpressionParser) throws(FilterViolation) -> Result
  ) throws(FilterViolation) -> Result {
    guard depth < limits.maximumDepth else { throw tooDeep() }
    depth += 1
    let result = try read(&self)
    depth -= 1
    return result
  }

  /// A term that is true or false, around parts that nest so deep.
  ///
  /// Chains of relations and parentheses together stay within four times the limit, and so does the
  /// stack of everything that walks the expression.
  func condition(
    _ expression: FilterExpression,
    from start: ExpressionToken,
    around depth: Int
  ) throws(FilterViolation) -> ExpressionTerm {
    guard depth < 4 * limits.maximumDepth else { throw tooDeep() }
    return ExpressionTerm(content: .value(expression, .bool), start: start, depth: depth + 1)
  }
}
