// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import WeirTesting

/// Makes up events and expressions about them, from few names and values, so that they often meet.
struct OracleGenerator {
  var random: SeededGenerator
  private static let names = ["a", "b", "c", "d e", "\u{e9}", "\u{1F600}x", "q\"\\"]
  private static let texts = [
    "", "a", "ab", "abab", "b", "\u{e9}", "e\u{301}", "\u{1F600}", "\n\"\\", "aab",
  ]
  private static let numbers = [
    "0", "1", "-1", "1.0", "1.5", "-0", "2", "1e0", "15e-1", "100", "1E+2",
  ]
  private static let tags = ["a", "b", "type", "id", "subject", "time"]
  private static let types = ["a", "ab", "b"]

  init(_ seed: UInt64) { random = SeededGenerator(seed) }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func pick<Element>(_ list: [Element]) -> Element {
    list[Int.random(in: 0..<list.count, using: &random)]
  }

  // Events.

  mutating func event() -> Event {
    let isText = chance(5)
    let data = isText ? Array(pick(Self.texts).utf8) : json(depth: 3)
    var tags: [String: String] = [:]
    for _ in 0..<Int.random(in: 0...3, using: &random) { tags[pick(Self.tags)] = pick(Self.texts) }
    return Event(
      data: data,
      format: isText ? .text : .json,
      type: chance(60) ? pick(Self.types) : nil,
      subject: chance(50) ? pick(Self.texts) : nil,
      time: chance(30) ? Timestamp(milliseconds: Int64.random(in: 0..<3, using: &random)) : nil,
      id: chance(30) ? pick(Self.texts) : nil,
      source: chance(30) ? pick(Self.texts) : nil,
      tags: tags
    )
  }

  private mutating func json(depth: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    write(depth: depth, isRoot: true, into: &bytes)
    return bytes
  }

  private mutating func space(_ bytes: inout [UInt8]) {
    if chance(10) { bytes.append(UInt8(ascii: " ")) }
  }

  private mutating func write(depth: Int, isRoot: Bool, into bytes: inout [UInt8]) {
    space(&bytes)
    let kind =
      isRoot && chance(90) ? 0 : Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) + 2
    switch kind {
    case 2: bytes += "null".utf8
    case 3: bytes += (chance(50) ? "true" : "false").utf8
    case 4: bytes += pick(Self.numbers).utf8
    case 5, 6: string(pick(Self.texts), &bytes)
    case 7:
      bytes.append(UInt8(ascii: "["))
      for index in 0..<Int.random(in: 0...3, using: &random) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(depth: depth - 1, isRoot: false, into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    default:
      bytes.append(UInt8(ascii: "{"))
      for index in 0..<Int.random(in: 0...4, using: &random) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        space(&bytes)
        string(pick(Self.names), &bytes)
        space(&bytes)
        bytes.append(UInt8(ascii: ":"))
        write(depth: depth - 1, isRoot: false, into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
    space(&bytes)
  }

  /// A string, now and then with escapes that it does not need.
  private mutating func string(_ text: String, _ bytes: inout [UInt8]) {
    guard chance(30) else {
      bytes += JSONWriter.quoted(text)
      return
    }
    bytes.append(UInt8(ascii: "\""))
    for unit in text.utf16 {
      let digits = String(unit, radix: 16)
      bytes += "\\u".utf8
      bytes += String(repeating: "0", count: 4 - digits.count).utf8
      bytes += digits.utf8
    }
    bytes.append(UInt8(ascii: "\""))
  }

  // Expressions: only those that the compiler takes, so a boolean where one is due.

  mutating func condition(depth: Int) -> OracleExpression {
    let kind = Int.random(in: 0..<(depth > 0 ? 14 : 9), using: &random)
    switch kind {
    case 0: return .hasTag(pick(["a", "b", "type", "time"]))
    case 1: return .hasData(path(least: 1, endsWithName: true))
    case 2: return .data(path(least: 1))
    case 3: return .isOneOf(.data(path(least: 0)), (0..<3).map { _ in literal() })
    case 4:
      return .isInData(chance(50) ? .literal(literal()) : .data(path(least: 1)), path(least: 0))
    case 5: return chance(50) ? .isTagName(.literal(.text(pick(Self.tags)))) : .isTagName(text())
    case 6: return .contains(text(), pick(Self.texts))
    case 7: return .affix(chance(50) ? "startsWith" : "endsWith", text(), text())
    case 8: return comparison()
    case 9: return .not(condition(depth: depth - 1))
    case 10, 11: return .all((0..<pick([2, 3])).map { _ in condition(depth: depth - 1) })
    default: return .any((0..<pick([2, 3])).map { _ in condition(depth: depth - 1) })
    }
  }

  private mutating func comparison() -> OracleExpression {
    let sign = pick(["==", "==", "!=", "<", "<=", ">", ">="])
    let isEquality = sign == "==" || sign == "!="
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return .comparison(sign, text(), text())
    case 1: return .comparison(sign, .size(.data(path(least: 0))), .literal(.int(pick([0, 1, 2]))))
    case 2: return .comparison(sign, .data(path(least: 1)), .data(path(least: 1)))
    case 3 where isEquality: return .comparison(sign, .attribute("subject"), .literal(.null))
    default:
      let value = literal()
      let other: OracleExpression = .data(path(least: 0))
      if value == .null, !isEquality { return .comparison("==", other, .literal(.null)) }
      return chance(50)
        ? .comparison(sign, other, .literal(value)) : .comparison(sign, .literal(value), other)
    }
  }

  private mutating func text() -> OracleExpression {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: .literal(.text(pick(Self.texts)))
    case 1: .attribute(pick(["type", "subject", "id", "source"]))
    case 2: .tag(pick(Self.tags))
    default: .data(path(least: 1))
    }
  }

  private mutating func literal() -> OracleValue {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: .null
    case 1: .bool(chance(50))
    case 2: .int(pick([0, 1, -1, 100]))
    case 3: .double(pick([0.0, 1.5, 1.0, 100.0]))
    default: .text(pick(Self.texts))
    }
  }

  private mutating func path(least: Int, endsWithName: Bool = false) -> [OracleStep] {
    let count = max(least, Int.random(in: 0...3, using: &random))
    return (0..<count).map { index in
      if endsWithName, index == count - 1 { return .member(pick(["a", "b", "c"])) }
      return chance(75) ? .member(pick(Self.names)) : .element(pick([0, 1, 2]))
    }
  }
}
