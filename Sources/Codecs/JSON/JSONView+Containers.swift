// SPDX-License-Identifier: Apache-2.0

extension JSONView {
  /// The value of the first member called `name`, or `nil` when there is none or this is no object.
  ///
  /// Names are compared byte by byte after unescaping. O(n) in the object's text.
  public subscript(_ name: String) -> JSONView? {
    guard storage[start] == ASCII.leftBrace else { return nil }
    let text = storage.span
    let wanted = name.utf8.span
    var position = start &+ 1
    while let member = JSONScan.nextMember(text, at: &position) {
      if isPlain(member.name, equalTo: wanted) || isEscaped(member.name, equalTo: name) {
        return part(member.value)
      }
    }
    return nil
  }

  /// Whether a name is written as it is; one with a backslash of its own never is.
  private func isPlain(_ range: Range<Int>, equalTo name: Span<UInt8>) -> Bool {
    storage.span.equals(name, in: range) && !JSONString.hasEscape(name, in: 0..<name.count)
  }

  private func isEscaped(_ range: Range<Int>, equalTo name: String) -> Bool {
    guard range.count > name.utf8.count else { return false }
    guard JSONString.hasEscape(storage.span, in: range) else { return false }
    return JSONString.decode(storage, in: range).utf8.elementsEqual(name.utf8)
  }

  /// The elements of an array, in order; empty when this is no array.
  public var elements: [JSONView] {
    var elements: [JSONView] = []
    forEachElement { elements.append($0) }
    return elements
  }

  /// Calls `body` with each element of an array, in order; not at all when this is no array.
  ///
  /// - Throws: What `body` throws.
  public func forEachElement<Failure: Error>(
    _ body: (JSONView) throws(Failure) -> Void
  ) throws(Failure) {
    guard storage[start] == ASCII.leftBracket else { return }
    var position = start + 1
    while let range = JSONScan.nextElement(storage.span, at: &position) {
      try body(part(range))
    }
  }

  /// Calls `body` with each member of an object, in order, duplicates included; not at all when this
  /// is no object.
  ///
  /// - Throws: What `body` throws.
  public func forEachMember<Failure: Error>(
    _ body: (String, JSONView) throws(Failure) -> Void
  ) throws(Failure) {
    guard storage[start] == ASCII.leftBrace else { return }
    var position = start + 1
    while let (name, value) = JSONScan.nextMember(storage.span, at: &position) {
      try body(JSONString.decode(storage, in: name), part(value))
    }
  }

  private func part(_ range: Range<Int>) -> JSONView {
    JSONView(
      storage: storage,
      start: range.lowerBound,
      end: range.upperBound,
      isCompact: isCompact
    )
  }

  /// The value's text without whitespace between its tokens, so on a single line.
  ///
  /// The bytes themselves, not a copy, when there is nothing to strip.
  public var compacted: [UInt8] {
    if isCompact { return self.text }
    let text = storage.span
    var copied = start
    var position = start
    var result: [UInt8] = []
    while position < end {
      let byte = text[position]
      if byte == ASCII.quote {
        position = JSONScan.skipString(text, from: position)
      } else if JSONScan.isWhitespace(byte) {
        result.append(contentsOf: storage[copied..<position])
        position = JSONScan.skipWhitespace(text, from: position)
        copied = position
      } else {
        position &+= 1
      }
    }
    if copied == start { return self.text }
    result.append(contentsOf: storage[copied..<end])
    return result
  }
}
