// SPDX-License-Identifier: Apache-2.0

/// One header or trailer field.
public struct HTTPField: Equatable, Sendable {
  /// The name as it was written; names compare without regard to case.
  public let name: String
  /// The value without whitespace around it; bytes that are not UTF-8 read as U+FFFD.
  public let value: String
}

/// Header or trailer fields in their order, names compared without regard to case.
///
/// They stand in one array as they go over the wire, so a head costs two allocations, not two per
/// field, and is written as it is.
public struct HTTPFields: Sendable {
  /// Where a field stands: its name, a colon and a space, its value; a line end follows.
  private struct Entry {
    let start: Int
    let nameEnd: Int
    var end: Int

    var name: Range<Int> { start..<nameEnd }
    var value: Range<Int> { nameEnd + 2..<end }
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []

  /// Creates an empty list.
  public init() {}

  /// Appends a field.
  ///
  /// CR, LF and NUL in the value become spaces (RFC 9110 §5.5), so that no value adds a field.
  /// - Parameters:
  ///   - name: A token (RFC 9110 §5.6.2).
  ///   - value: Any text.
  public mutating func append(_ name: String, _ value: String) {
    precondition(!name.isEmpty && name.utf8.span.isHTTPToken, "a field name is a token")
    append(name: name.utf8, value: value.utf8)
    for index in entries[entries.count - 1].value where !Self.mayStand(bytes[index]) {
      bytes[index] = ASCII.space
    }
  }

  mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
    let start = bytes.count
    bytes.append(contentsOf: name)
    let nameEnd = bytes.count
    bytes.append(ASCII.colon)
    bytes.append(ASCII.space)
    bytes.append(contentsOf: value)
    entries.append(Entry(start: start, nameEnd: nameEnd, end: bytes.count))
    endLine()
  }

  /// Appends to the last field's value, behind a space.
  mutating func extendLast(_ value: ArraySlice<UInt8>) {
    guard let last = entries.last, !value.isEmpty else { return }
    bytes.removeLast(2)
    if !last.value.isEmpty { bytes.append(ASCII.space) }
    bytes.append(contentsOf: value)
    entries[entries.count - 1].end = bytes.count
    endLine()
  }

  /// Replaces the value of the first field of a name by one with as many bytes.
  mutating func replaceFirst(_ name: String, with value: ArraySlice<UInt8>) {
    guard let entry = entries.first(where: { isEntry($0, called: name) }) else { return }
    precondition(entry.value.count == value.count, "the fields behind it stay where they are")
    bytes.replaceSubrange(entry.value, with: value)
  }

  private mutating func endLine() {
    bytes.append(ASCII.carriageReturn)
    bytes.append(ASCII.lineFeed)
  }

  mutating func reserve(count: Int, bytes byteCount: Int) {
    entries.reserveCapacity(count)
    bytes.reserveCapacity(byteCount)
  }

  private static func mayStand(_ byte: UInt8) -> Bool {
    switch byte {
    case ASCII.carriageReturn, ASCII.lineFeed, ASCII.null: false
    default: true
    }
  }

  /// The value of the first field called `name`, or `nil` when there is none.
  public subscript(_ name: String) -> String? {
    entries.first { isEntry($0, called: name) }.map(value)
  }

  /// The value of the first field called `name` as bytes that share the list's memory, or `nil` when
  /// there is none; making no string is cheaper where it is only compared.
  public func bytes(of name: String) -> ArraySlice<UInt8>? {
    entries.first { isEntry($0, called: name) }.map { bytes[$0.value] }
  }

  /// How many fields are called `name`.
  public func count(of name: String) -> Int {
    entries.count { isEntry($0, called: name) }
  }

  /// Whether the name of any field begins with `prefix`.
  public func hasNames(beginningWith prefix: String) -> Bool {
    let span = bytes.span
    return entries.contains { span.equalsIgnoringCase(prefix, from: $0.start, to: $0.nameEnd) }
  }

  /// The values of all fields called `name`, in order.
  public func values(of name: String) -> [String] {
    entries.filter { isEntry($0, called: name) }.map(value)
  }

  /// Whether a comma-separated list in the fields called `name` holds `token`, whatever its case.
  public func contains(_ token: String, in name: String) -> Bool {
    entries.contains { entry in
      isEntry(entry, called: name) && Self.list(bytes[entry.value], holds: token)
    }
  }

  private static func list(_ list: ArraySlice<UInt8>, holds token: String) -> Bool {
    var rest = list
    while !rest.isEmpty {
      let end = rest.firstIndex(of: ASCII.comma) ?? rest.endIndex
      if rest[..<end].trimmingHTTPWhitespace.equalsIgnoringCase(token) { return true }
      rest = rest[end...].dropFirst()
    }
    return false
  }

  private func isEntry(_ entry: Entry, called name: String) -> Bool {
    entry.name.count == name.utf8.count
      && bytes.span.equalsIgnoringCase(name, from: entry.start, to: entry.nameEnd)
  }

  private func value(_ entry: Entry) -> String {
    String(decoding: bytes[entry.value], as: UTF8.self)
  }

  /// Appends the field lines as they go over the wire, each with its line end.
  func encode(into output: inout [UInt8]) {
    output.append(contentsOf: bytes)
  }
}

extension HTTPFields: RandomAccessCollection, Equatable, ExpressibleByDictionaryLiteral {
  /// Creates a list from name–value pairs, in order.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  /// The position of the first field, zero.
  public var startIndex: Int { 0 }

  /// How many fields there are.
  public var endIndex: Int { entries.count }

  /// The field at `position`.
  public subscript(position: Int) -> HTTPField {
    let entry = entries[position]
    let name = String(decoding: bytes[entry.name], as: UTF8.self)
    return HTTPField(name: name, value: value(entry))
  }

  /// Whether both lists hold the same fields as written, in the same order.
  public static func == (left: HTTPFields, right: HTTPFields) -> Bool {
    left.elementsEqual(right)
  }
}
