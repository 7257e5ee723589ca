// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

extension FilterEvaluator {
  /// Calls `body` with a text's bytes, where they are.
  @inline(__always) func withText<Result>(
    _ value: FilterValue,
    _ program: FilterProgram,
    _ body: (Span<UInt8>) -> Result
  ) -> Result {
    switch value.place {
    case .literals: withLiteral(value.range, program, body)
    case .data: body(data.span.extracting(value.range))
    case .written: body(written.span.extracting(value.range))
    case .field: body(fields[value.start].utf8.span)
    }
  }

  /// Calls `body` with the bytes of a literal.
  @inline(__always) private func withLiteral<Result>(
    _ range: Range<Int>,
    _ program: FilterProgram,
    _ body: (Span<UInt8>) -> Result
  ) -> Result {
    let bytes = program.bytes
    return body(bytes.span.extracting(range))
  }

  private func withTexts<Result>(
    _ left: FilterValue,
    _ right: FilterValue,
    _ program: FilterProgram,
    _ body: (Span<UInt8>, Span<UInt8>) -> Result
  ) -> Result {
    withText(left, program) { first in withText(right, program) { body(first, $0) } }
  }

  func compare(
    _ relation: FilterRelation,
    _ left: FilterValue,
    _ right: FilterValue,
    _ program: FilterProgram
  ) -> FilterValue {
    switch relation {
    case .equal: equality(left, right, program).map { .bool($0) } ?? .error
    case .unequal: equality(left, right, program).map { .bool(!$0) } ?? .error
    case .less, .atMost, .greater, .atLeast:
      order(left, right, program).map { .bool(relation.holds($0)) } ?? .error
    }
  }

  /// Whether two values are equal; `nil` for errors, and for two lists or two maps, which are not
  /// compared.
  ///
  /// Values of different types are not equal, but for numbers.
  func equality(_ left: FilterValue, _ right: FilterValue, _ program: FilterProgram) -> Bool? {
    if left.kind == .error || right.kind == .error { return nil }
    if let order = left.numberOrder(to: right) { return order == 0 }
    guard left.kind == right.kind else { return false }
    switch left.kind {
    case .null: return true
    case .bool, .time: return left.int == right.int
    case .text: return withTexts(left, right, program) { $0.isEqual(to: $1) }
    case .error, .int, .double, .list, .map: return nil
    }
  }

  /// Below 0, 0 or above 0; `nil` for what has no order.
  private func order(_ left: FilterValue, _ right: FilterValue, _ program: FilterProgram) -> Int? {
    if let order = left.numberOrder(to: right) { return order }
    guard left.kind == right.kind else { return nil }
    switch left.kind {
    case .bool, .time: return left.int == right.int ? 0 : left.int < right.int ? -1 : 1
    case .text: return withTexts(left, right, program) { $0.order(to: $1) }
    case .error, .null, .int, .double, .list, .map: return nil
    }
  }

  func isOneOf(
    _ value: FilterValue,
    _ list: FilterList,
    _ program: FilterProgram
  ) -> FilterValue {
    switch value.kind {
    case .error: return .error
    // No literal is a list or a map.
    case .list, .map: return .bool(false)
    case .text: return .bool(withText(value, program) { isText($0, oneOf: list.texts, program) })
    case .null, .bool, .int, .double, .time:
      for other in list.others where equality(value, other, program) == true { return .bool(true) }
      return .bool(false)
    }
  }

  /// Whether a text is among texts in ascending order.
  private func isText(
    _ text: Span<UInt8>,
    oneOf texts: [Range<Int>],
    _ program: FilterProgram
  ) -> Bool {
    let bytes = program.bytes
    var low = 0
    var high = texts.count
    while low < high {
      let middle = (low &+ high) / 2
      let order = text.order(to: bytes.span.extracting(texts[middle]))
      if order == 0 { return true }
      if order < 0 { high = middle } else { low = middle &+ 1 }
    }
    return false
  }

  func isAffix(
    _ text: FilterValue,
    _ affix: FilterValue,
    _ program: FilterProgram,
    _ isAffix: (Span<UInt8>, Span<UInt8>) -> Bool
  ) -> FilterValue {
    guard text.kind == .text, affix.kind == .text else { return .error }
    return .bool(withTexts(text, affix, program, isAffix))
  }

  func contains(
    _ text: FilterValue,
    _ needle: FilterNeedle,
    _ program: FilterProgram
  ) -> FilterValue {
    guard text.kind == .text else { return .error }
    return .bool(withText(text, program) { needle.isIn($0) })
  }

  /// The Unicode scalars of a string, the elements of a list, the members of a map.
  func size(of value: FilterValue, _ program: FilterProgram) -> FilterValue {
    switch value.kind {
    case .text: .int(Int64(withText(value, program) { $0.scalarCount }))
    case .list, .map: .int(Int64(JSONToken.count(in: data.span, at: value.start)))
    case .error, .null, .bool, .int, .double, .time: .error
    }
  }

  /// A number as a whole one, rounded towards zero, or the whole number that a string is.
  func int(of value: FilterValue, _ program: FilterProgram) -> FilterValue {
    switch value.kind {
    case .int: value
    case .double:
      value.double < 0x1p63 && value.double > -0x1p63 ? .int(Int64(value.double)) : .error
    case .text: withText(value, program) { JSONToken.whole($0) }.map { .int($0) } ?? .error
    case .error, .null, .bool, .time, .list, .map: .error
    }
  }

  /// A number as a double, or the number that a string is.
  func double(of value: FilterValue, _ program: FilterProgram) -> FilterValue {
    switch value.kind {
    case .int: .double(Double(value.int))
    case .double: value
    case .text: withText(value, program) { JSONToken.number($0) }.map { .double($0) } ?? .error
    case .error, .null, .bool, .time, .list, .map: .error
    }
  }

  /// What a test of a tag says.
  mutating func test(_ test: FilterTest, _ program: FilterProgram, _ event: Event) -> Bool {
    if test.isOnly, case .tag(.other, let name) = program.fields[test.field] {
      return event.tags[name].map { holds(test, $0.utf8.span, program) } ?? false
    }
    guard let value = field(test.field, program, event) else { return false }
    return withText(value, program) { holds(test, $0, program) }
  }

  @inline(__always) private func holds(
    _ test: FilterTest,
    _ text: Span<UInt8>,
    _ program: FilterProgram
  ) -> Bool {
    switch test.kind {
    case .exists: true
    case .equal(let range): withLiteral(range, program) { text.isEqual(to: $0) }
    case .anyOf(let list): isText(text, oneOf: program.lists[list].texts, program)
    case .startsWith(let range): withLiteral(range, program) { text.hasPrefix($0) }
    case .endsWith(let range): withLiteral(range, program) { text.hasSuffix($0) }
    case .contains(let needle): program.needles[needle].isIn(text)
    case .number(let relation, let number, let range):
      DecimalText(text).map { value in
        withLiteral(range, program) { relation.holds(value.order(text, to: number, $0)) }
      } ?? false
    }
  }
}
