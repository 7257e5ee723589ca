// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

extension FilterEvaluator {
  /// The value at a place in the data; an error where there is none.
  mutating func value(
    at node: Int,
    _ program: FilterProgram,
    _ event: Event
  ) -> FilterValue {
    if !hasPlaces { findPlaces(program, event) }
    guard event.format == .json else {
      // The data is one string, which has no parts.
      return node == 0 ? .text(in: .data, 0..<data.count) : .error
    }
    guard let start = places[node] else { return .error }
    return value(startingAt: start)
  }

  /// The value that begins somewhere in the data; a string with escapes is unescaped.
  mutating func value(startingAt start: Int) -> FilterValue {
    switch JSONToken(validated: data.span, at: start) {
    case .null: return .null
    case .bool(let bool): return .bool(bool)
    case .int(let int): return .int(int)
    case .double(let double): return .double(double)
    case .array(let start): return .list(start)
    case .object(let start): return .map(start)
    case .string(let range, isEscaped: false): return .text(in: .data, range)
    case .string(let range, isEscaped: true): return unescaped(range)
    }
  }

  private mutating func unescaped(_ range: Range<Int>) -> FilterValue {
    let data = data
    let start = written.count
    JSONToken.unescape(data.span, in: range, to: &written)
    return .text(in: .written, start..<written.count)
  }

  /// Whether there is a value in the data.
  ///
  /// As CEL has it: what should hold it must be a map; anything else, or nothing, is an error.
  mutating func has(_ node: Int, _ program: FilterProgram, _ event: Event) -> FilterValue {
    if !hasPlaces { findPlaces(program, event) }
    guard event.format == .json, let parent = places[program.paths.parent(of: node)],
      data[parent] == UInt8(ascii: "{")
    else { return .error }
    return .bool(places[node] != nil)
  }

  /// Whether a value is an element of a list in the data, or the name of a member of a map in it.
  mutating func isInData(
    _ value: FilterValue,
    _ container: FilterValue,
    _ program: FilterProgram
  ) -> FilterValue {
    switch (value.kind, container.kind) {
    case (.error, _), (.list, _), (.map, _): .error
    case (_, .list): isElement(value, of: container.start, program)
    case (.text, .map): isName(value, in: container.start, program)
    default: .error
    }
  }

  private mutating func isElement(
    _ value: FilterValue,
    of start: Int,
    _ program: FilterProgram
  ) -> FilterValue {
    let kept = written.count
    var position = start &+ 1
    while let element = JSONToken.nextElement(in: data.span, at: &position) {
      // A statement of its own: a call's receiver is read before its arguments are evaluated.
      let other = self.value(startingAt: element)
      let isEqual = equality(value, other, program) == true
      written.removeLast(written.count &- kept)
      if isEqual { return .bool(true) }
    }
    return .bool(false)
  }

  private mutating func isName(
    _ value: FilterValue,
    in start: Int,
    _ program: FilterProgram
  ) -> FilterValue {
    let kept = written.count
    var position = start &+ 1
    while let range = JSONToken.nextName(in: data.span, at: &position) {
      let name =
        data[range].contains(UInt8(ascii: "\\")) ? unescaped(range) : .text(in: .data, range)
      let isEqual = equality(value, name, program) == true
      written.removeLast(written.count &- kept)
      if isEqual { return .bool(true) }
    }
    return .bool(false)
  }

  /// Whether a text is the name of a tag of the publication.
  func isTagName(
    _ value: FilterValue,
    _ program: FilterProgram,
    _ event: Event
  ) -> FilterValue {
    guard value.kind == .text else { return .error }
    let isFound = withText(value, program) { text in
      if event.givenType != nil, "type".utf8.span.isEqual(to: text) { return true }
      if event.id != nil, "id".utf8.span.isEqual(to: text) { return true }
      if event.subject != nil, "subject".utf8.span.isEqual(to: text) { return true }
      if event.time != nil, "time".utf8.span.isEqual(to: text) { return true }
      for name in event.tags.keys where name.utf8.span.isEqual(to: text) { return true }
      return false
    }
    return .bool(isFound)
  }
}
