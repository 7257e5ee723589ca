// SPDX-License-Identifier: Apache-2.0
import Codecs

extension ExpressionParser {
  /// A call of a function, behind its opening parenthesis.
  mutating func function(
    _ name: String,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    switch name {
    case "has", "size", "int", "double", "timestamp": break
    default: throw unknownFunction(name, at: token)
    }
    let arguments = try self.arguments()
    guard arguments.count == 1 else {
      throw FilterViolation(
        .syntax,
        at: token.place,
        "\(name) takes 1 argument, not \(arguments.count)",
        remedy: "write \(name)(VALUE)"
      )
    }
    switch name {
    case "has": return try has(arguments[0], at: token)
    case "size": return try size(of: arguments[0], at: token)
    case "timestamp": return try timestamp(arguments[0], at: token)
    default: return try conversion(name == "int" ? .int : .double, of: arguments[0], at: token)
    }
  }

  /// A call of a function behind a dot, behind its opening parenthesis.
  mutating func method(
    _ token: ExpressionToken,
    of receiver: ExpressionTerm
  ) throws(FilterViolation) -> ExpressionTerm {
    let name = token.spelling
    try count()
    switch name {
    case "startsWith", "endsWith", "contains", "size": break
    default: throw unknownFunction(name, at: token)
    }
    let arguments = try self.arguments()
    let wanted = name == "size" ? 0 : 1
    guard arguments.count == wanted else {
      throw FilterViolation(
        .syntax,
        at: token.place,
        "\(name) takes \(wanted) argument\(wanted == 1 ? "" : "s"), not \(arguments.count)",
        remedy: wanted == 0 ? "write VALUE.size()" : "write VALUE.\(name)(\"text\")"
      )
    }
    if name == "size" { return try size(of: receiver, at: receiver.start) }
    let text = try self.text(receiver, of: name)
    let argument = try self.text(arguments[0], of: name)
    let expression: FilterExpression
    if name == "contains" {
      guard case .constant(.text(let needle)) = argument else {
        throw FilterViolation(
          .unsupported,
          at: arguments[0].start.place,
          "contains searches for a literal only",
          remedy: "write the text in quotes"
        )
      }
      expression = .contains(text, needle)
    } else {
      expression = .call(name == "startsWith" ? .startsWith : .endsWith, [text, argument])
    }
    return try condition(
      expression,
      from: receiver.start,
      around: max(receiver.depth, arguments[0].depth)
    )
  }

  /// Arguments and the closing parenthesis.
  private mutating func arguments() throws(FilterViolation) -> [ExpressionTerm] {
    if try take(")") { return [] }
    var arguments: [ExpressionTerm] = []
    repeat {
      arguments.append(
        try nested { parser throws(FilterViolation) in try parser.alternatives() }
      )
      try count()
    } while try take(",")
    try expect(")", after: "the arguments")
    return arguments
  }

  private func has(
    _ argument: ExpressionTerm,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    switch argument.content {
    case .value(.field(.tag(let name)), _) where argument.isSelection:
      return ExpressionTerm(content: .value(.hasTag(name), .bool), start: token)
    case .data(let path) where argument.isSelection:
      return ExpressionTerm(content: .value(.hasData(path), .bool), start: token)
    default:
      throw FilterViolation(
        .syntax,
        at: argument.start.place,
        "has takes a name after a dot",
        remedy: "write has(data.NAME), has(tags.NAME), \"name\" in data, or subject != null"
      )
    }
  }

  private func size(
    of argument: ExpressionTerm,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    let (expression, type) = try value(of: argument)
    guard type.isPerhaps(.text) else {
      throw FilterViolation(
        .type,
        at: argument.start.place,
        "size counts a string, or a list or map in data, not \(type.name)",
        remedy: "give it one of these"
      )
    }
    return ExpressionTerm(content: .value(.call(.size, [expression]), .number), start: token)
  }

  private func conversion(
    _ function: FilterFunction,
    of argument: ExpressionTerm,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    let (expression, type) = try value(of: argument)
    guard type.isPerhaps(.text) || type == .number else {
      throw FilterViolation(
        .type,
        at: argument.start.place,
        "\(function.rawValue) converts a string or a number, not \(type.name)",
        remedy: "give it one of these"
      )
    }
    return ExpressionTerm(content: .value(.call(function, [expression]), .number), start: token)
  }

  private func timestamp(
    _ argument: ExpressionTerm,
    at token: ExpressionToken
  ) throws(FilterViolation) -> ExpressionTerm {
    guard case .value(.constant(.text(let text)), _) = argument.content,
      let milliseconds = RFC3339.parse(text)
    else {
      throw FilterViolation(
        .type,
        at: argument.start.place,
        "timestamp takes a literal as RFC 3339 writes it",
        remedy: "write timestamp(\"2026-01-31T12:00:00Z\")"
      )
    }
    return ExpressionTerm(content: .value(.constant(.time(milliseconds)), .time), start: token)
  }

  private func unknownFunction(_ name: String, at token: ExpressionToken) -> FilterViolation {
    let remedy: String
    switch name {
    case "matches": remedy = "use startsWith, endsWith or contains: regular expressions are refused"
    case "all", "exists", "exists_one", "map", "filter", "existsOne", "transformList":
      remedy = "ask for one element, data.list[0], or for VALUE in data.list"
    case "string", "bytes", "uint", "bool", "duration", "dyn", "type":
      remedy = "compare the value itself, or convert with int() or double()"
    default:
      return FilterViolation(
        .unknownName,
        at: token.place,
        "there is no such function",
        remedy:
          "use has, size, int, double, timestamp, .startsWith, .endsWith, .contains or .size"
      )
    }
    return FilterViolation(
      .unsupported,
      at: token.place,
      "the function is not offered",
      remedy: remedy
    )
  }
}
