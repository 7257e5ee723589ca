// SPDX-License-Identifier: Apache-2.0
import Codecs

extension ExpressionParser {
  /// Reads `a`, `a.b`, `a["b"]`, `a[0]` or `a.f(b)`.
  mutating func member() throws(FilterViolation) -> ExpressionTerm {
    var term = try primary()
    while true {
      if try take(".") {
        let name = try selector()
        term = try take("(") ? try method(name, of: term) : try selection(of: name, in: term)
      } else if current.isSign("[") {
        let bracket = current
        try advance()
        term = try index(of: term, at: bracket)
      } else if current.isSign("{") {
        throw unexpected(after: "a name")
      } else {
        return term
      }
    }
  }

  /// A name behind a dot.
  private mutating func selector() throws(FilterViolation) -> ExpressionToken {
    let token = current
    guard case .name(let name) = token.content else {
      throw FilterViolation(
        .syntax,
        at: token.place,
        "expected a name after the dot",
        remedy: "write any other name as data[\"name\"]"
      )
    }
    guard !["true", "false", "null", "in"].contains(name) else {
      throw FilterViolation(
        .syntax,
        at: token.place,
        "\(name) is a word of the language",
        remedy: "write data[\"\(name)\"]"
      )
    }
    try advance()
    return token
  }

  private mutating func selection(
    of token: ExpressionToken,
    in term: ExpressionTerm
  ) throws(FilterViolation) -> ExpressionTerm {
    var selected = try step(.member(token.spelling), in: term, at: token)
    selected.isSelection = true
    return selected
  }

  private mutating func step(
    _ step: JSONPaths.Step,
    in term: ExpressionTerm,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    try count()
    switch (term.content, step) {
    case (.data(let path), _):
      // Each step takes a stack frame while the data is read.
      guard path.count < 32 else {
        throw FilterViolation(
          .limit,
          at: token.place,
          "a path in data may have at most 32 steps",
          remedy: "publish the value further out"
        )
      }
      return ExpressionTerm(content: .data(path + [step]), start: term.start)
    case (.tags, .member(let name)):
      return ExpressionTerm(content: .value(.field(.tag(name)), .text), start: term.start)
    default:
      throw FilterViolation(
        .type,
        at: token.place,
        "only data and tags have parts",
        remedy: "read data.NAME, data[0] or tags.NAME"
      )
    }
  }

  private mutating func index(
    of term: ExpressionTerm,
    at bracket: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    let token = current
    let step: JSONPaths.Step
    switch token.content {
    case .text(let name): step = .member(name)
    case .int(let index) where index <= UInt64(Int32.max): step = .element(Int(index))
    default:
      throw FilterViolation(
        .unsupported,
        at: token.place,
        "an index is a string or a whole number from 0",
        remedy: "write data[\"name\"] or data[0]"
      )
    }
    try advance()
    try expect("]", after: "the index")
    return try self.step(step, in: term, at: bracket)
  }
}
