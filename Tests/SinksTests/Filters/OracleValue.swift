// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

@testable import Sinks

/// A value as a slow interpreter has it, `nil` standing for an error.
indirect enum OracleValue: Equatable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case text(String)
  case list([OracleValue])
  case map([(name: String, value: OracleValue)])

  static func == (left: OracleValue, right: OracleValue) -> Bool {
    equal(left, right) ?? false
  }

  init(_ view: JSONView) {
    switch view.kind {
    case .null: self = .null
    case .bool: self = .bool(view.bool == true)
    case .string: self = .text(view.string ?? "")
    case .array: self = .list(view.elements.map { OracleValue($0) })
    case .number:
      if let int = view.int {
        self = .int(Int64(int))
      } else {
        self = .double(Double(String(decoding: view.bytes, as: UTF8.self)) ?? .nan)
      }
    case .object:
      var members: [(name: String, value: OracleValue)] = []
      view.forEachMember { members.append(($0, OracleValue($1))) }
      self = .map(members)
    }
  }

  var isContainer: Bool {
    switch self {
    case .list, .map: true
    default: false
    }
  }

  /// The order of two numbers, texts or booleans.
  static func order(_ left: OracleValue, _ right: OracleValue) -> Int? {
    switch (left, right) {
    case (.int(let left), .int(let right)): left < right ? -1 : left == right ? 0 : 1
    case (.double(let left), .double(let right)): left < right ? -1 : left == right ? 0 : 1
    case (.int(let left), .double(let right)):
      // The numbers that the tests make are exact in 80 bits or far apart.
      Double(left) < right ? -1 : Double(left) == right ? 0 : 1
    case (.double, .int): order(right, left).map { -$0 }
    case (.bool(let left), .bool(let right)): left == right ? 0 : right ? -1 : 1
    case (.text(let left), .text(let right)): textOrder(left, right)
    default: nil
    }
  }

  private static func textOrder(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
    if left == right { return 0 }
    return left.lexicographicallyPrecedes(right) ? -1 : 1
  }

  static func equal(_ left: OracleValue, _ right: OracleValue) -> Bool? {
    switch (left, right) {
    case (.null, .null): true
    case (.list, .list), (.map, .map): nil
    default: order(left, right).map { $0 == 0 } ?? false
    }
  }
}

/// An expression as the tests make it up: it is written as text for the compiler, and walked here.
indirect enum OracleExpression {
  case literal(OracleValue)
  case attribute(String)
  case tag(String)
  case data([OracleStep])
  case hasTag(String)
  case hasData([OracleStep])
  case not(OracleExpression)
  case all([OracleExpression])
  case any([OracleExpression])
  case comparison(String, OracleExpression, OracleExpression)
  case isOneOf(OracleExpression, [OracleValue])
  case isInData(OracleExpression, [OracleStep])
  case isTagName(OracleExpression)
  case contains(OracleExpression, String)
  case affix(String, OracleExpression, OracleExpression)
  case size(OracleExpression)
}

enum OracleStep: Equatable {
  case member(String)
  case element(Int)
}

extension OracleExpression {
  /// The expression as CEL writes it.
  var text: String {
    switch self {
    case .literal(let value): Self.text(of: value)
    case .attribute(let name): name
    case .tag(let name): "tags[\(Self.quoted(name))]"
    case .data(let path): "data" + path.map(\.text).joined()
    case .hasTag(let name): "has(tags.\(name))"
    case .hasData(let path): "has(data" + path.map(\.text).joined() + ")"
    case .not(let inner): "!(\(inner.text))"
    case .all(let parts): parts.map { "(\($0.text))" }.joined(separator: " && ")
    case .any(let parts): parts.map { "(\($0.text))" }.joined(separator: " || ")
    case .comparison(let sign, let left, let right): "(\(left.text)) \(sign) (\(right.text))"
    case .isOneOf(let value, let list):
      "(\(value.text)) in [" + list.map { Self.text(of: $0) }.joined(separator: ", ") + "]"
    case .isInData(let value, let path): "(\(value.text)) in data" + path.map(\.text).joined()
    case .isTagName(let value): "(\(value.text)) in tags"
    case .contains(let value, let needle): "(\(value.text)).contains(\(Self.quoted(needle)))"
    case .affix(let name, let value, let other): "(\(value.text)).\(name)(\(other.text))"
    case .size(let value): "size(\(value.text))"
    }
  }

  private static func text(of value: OracleValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .int(let int): "\(int)"
    case .double(let double): "\(double)"
    case .text(let text): quoted(text)
    case .list, .map: preconditionFailure("there are no literals of containers")
    }
  }

  fileprivate static func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { "\\U" + pad(String($0.value, radix: 16)) }.joined() + "\""
  }

  private static func pad(_ digits: String) -> String {
    String(repeating: "0", count: 8 - digits.count) + digits
  }
}

extension OracleStep {
  fileprivate var text: String {
    switch self {
    case .element(let index): "[\(index)]"
    case .member(let name):
      name.allSatisfy { $0.isASCII && $0.isLetter }
        ? ".\(name)" : "[\(OracleExpression.quoted(name))]"
    }
  }
}

/// Walks an expression over a parsed event, as the language definition says.
struct Oracle {
  let event: Event
  let data: OracleValue

  init(_ event: Event) throws {
    self.event = event
    data =
      event.format == .json
      ? OracleValue(try JSONView.parse(event.data))
      : .text(String(decoding: event.data, as: UTF8.self))
  }

  func outcome(of expression: OracleExpression) -> FilterOutcomeName {
    switch value(of: expression) {
    case .bool(true): .matched
    case .bool(false): .refused
    default: .failed
    }
  }

  private func value(of expression: OracleExpression) -> OracleValue? {
    switch expression {
    case .literal(let value): return value
    case .attribute("type"): return .text(event.type)
    case .attribute("subject"): return event.subject.map { .text($0) } ?? .null
    case .attribute("id"): return event.id.map { .text($0) } ?? .null
    case .attribute: return event.source.map { .text($0) } ?? .null
    case .tag(let name): return tag(name).map { .text($0) }
    case .data(let path):
      return path.reduce(data) { whole, step in whole.flatMap { Self.part(step, of: $0) } }
    case .hasTag(let name): return .bool(tag(name) != nil)
    case .hasData(let path): return has(path)
    case .not(let inner):
      guard case .bool(let bool)? = value(of: inner) else { return nil }
      return .bool(!bool)
    case .all(let parts): return joined(parts, decisive: false)
    case .any(let parts): return joined(parts, decisive: true)
    case .comparison(let sign, let left, let right):
      return compare(sign, value(of: left), value(of: right))
    case .isOneOf(let inner, let list):
      guard let value = value(of: inner) else { return nil }
      return .bool(list.contains(value))
    case .isInData(let inner, let path): return isIn(value(of: inner), value(of: .data(path)))
    case .isTagName(let inner):
      guard case .text(let name)? = value(of: inner) else { return nil }
      return .bool(tag(name) != nil)
    case .contains(let inner, let needle):
      guard case .text(let text)? = value(of: inner) else { return nil }
      let (scalars, wanted) = (Array(text.unicodeScalars), Array(needle.unicodeScalars))
      guard scalars.count >= wanted.count else { return .bool(false) }
      return .bool(
        (0...scalars.count - wanted.count).contains { scalars[$0...].starts(with: wanted) }
      )
    case .affix(let name, let inner, let other):
      guard case .text(let text)? = value(of: inner), case .text(let affix)? = value(of: other)
      else { return nil }
      let (scalars, wanted) = (Array(text.unicodeScalars), Array(affix.unicodeScalars))
      if name == "startsWith" { return .bool(scalars.starts(with: wanted)) }
      return .bool(scalars.reversed().starts(with: wanted.reversed()))
    case .size(let inner):
      switch value(of: inner) {
      case .text(let text): return .int(Int64(text.unicodeScalars.count))
      case .list(let elements): return .int(Int64(elements.count))
      case .map(let members): return .int(Int64(members.count))
      default: return nil
      }
    }
  }

  private func tag(_ name: String) -> String? {
    switch name {
    case "type": event.givenType ?? event.tags[name]
    case "id": event.id ?? event.tags[name]
    case "subject": event.subject ?? event.tags[name]
    case "time":
      event.time.map { RFC3339.format(milliseconds: $0.milliseconds) } ?? event.tags[name]
    default: event.tags[name]
    }
  }

  private static func part(_ step: OracleStep, of value: OracleValue) -> OracleValue? {
    switch (step, value) {
    case (.member(let name), .map(let members)):
      members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    case (.element(let index), .list(let elements)):
      elements.indices.contains(index) ? elements[index] : nil
    default: nil
    }
  }

  private func has(_ path: [OracleStep]) -> OracleValue? {
    guard case .map? = value(of: .data(Array(path.dropLast()))) else { return nil }
    return .bool(value(of: .data(path)) != nil)
  }

  private func joined(_ parts: [OracleExpression], decisive: Bool) -> OracleValue? {
    let values = parts.map { value(of: $0) }
    if values.contains(where: { if case .bool(decisive)? = $0 { true } else { false } }) {
      return .bool(decisive)
    }
    let areBooleans = values.allSatisfy { if case .bool? = $0 { true } else { false } }
    return areBooleans ? .bool(!decisive) : nil
  }

  private func compare(_ sign: String, _ left: OracleValue?, _ right: OracleValue?) -> OracleValue?
  {
    guard let left, let right else { return nil }
    switch sign {
    case "==": return OracleValue.equal(left, right).map { .bool($0) }
    case "!=": return OracleValue.equal(left, right).map { .bool(!$0) }
    default: break
    }
    guard let order = OracleValue.order(left, right) else { return nil }
    switch sign {
    case "<": return .bool(order < 0)
    case "<=": return .bool(order <= 0)
    case ">": return .bool(order > 0)
    default: return .bool(order >= 0)
    }
  }

  private func isIn(_ value: OracleValue?, _ container: OracleValue?) -> OracleValue? {
    guard let value, !value.isContainer, let container else { return nil }
    switch container {
    case .list(let elements): return .bool(elements.contains(value))
    case .map(let members):
      guard case .text(let name) = value else { return nil }
      return .bool(members.contains { $0.name.utf8.elementsEqual(name.utf8) })
    default: return nil
    }
  }
}

/// ``FilterOutcome`` with a name in messages.
enum FilterOutcomeName: Equatable {
  case matched
  case refused
  case failed

  init(_ outcome: FilterOutcome) {
    switch outcome {
    case .matched: self = .matched
    case .refused: self = .refused
    case .failed: self = .failed
    }
  }
}
