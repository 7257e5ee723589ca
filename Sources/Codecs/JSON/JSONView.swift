// SPDX-License-Identifier: Apache-2.0

/// One value inside JSON text that has been validated: shared bytes and a range.
///
/// Nothing is decoded until asked for, and looking up a member allocates nothing.
public struct JSONView: Sendable {
  /// The six kinds of JSON values.
  public enum Kind: Sendable {
    /// An object.
    case object
    /// An array.
    case array
    /// A string.
    case string
    /// A number.
    case number
    /// `true` or `false`.
    case bool
    /// `null`.
    case null
  }

  let storage: [UInt8]
  let start: Int
  let end: Int
  /// Whether it is known that no whitespace stands between its tokens.
  let isCompact: Bool

  init(storage: [UInt8], start: Int, end: Int, isCompact: Bool = false) {
    self.storage = storage
    self.start = start
    self.end = end
    self.isCompact = isCompact
  }

  /// Creates a view of bytes that are known to be valid, without looking at them.
  ///
  /// - Parameters:
  ///   - storage: Bytes that ``parse(_:limits:)`` accepted or ``JSONWriter`` wrote.
  ///   - range: Where one value stands in them, without whitespace around it.
  public init(validated storage: [UInt8], range: Range<Int>) {
    precondition(storage.indices.contains(range.lowerBound), "a value has at least one byte")
    precondition(range.upperBound <= storage.count && !range.isEmpty, "range lies in storage")
    self.init(storage: storage, start: range.lowerBound, end: range.upperBound)
  }

  /// Creates a view of a text that is known to be valid, whitespace around it allowed; `nil` when
  /// there is nothing else.
  ///
  /// - Parameter storage: Bytes that ``parse(_:limits:)`` accepted or ``JSONWriter`` wrote.
  public init?(validated storage: [UInt8]) {
    let start = JSONScan.skipWhitespace(storage.span, from: 0)
    var end = storage.count
    while end > start, JSONScan.isWhitespace(storage[end - 1]) { end -= 1 }
    guard start < end else { return nil }
    self.init(storage: storage, start: start, end: end)
  }

  /// Validates `bytes` as one JSON text (RFC 8259) and shares them.
  ///
  /// Stricter than the grammar in two places: bytes must be UTF-8, and an escaped surrogate needs
  /// its other half, so that every string has a value. A member name may occur twice; the first wins.
  /// - Throws: ``JSONViolation``, the sender's fault.
  public static func parse(
    _ bytes: [UInt8],
    limits: JSONLimits = .init()
  ) throws(JSONViolation) -> JSONView {
    try parse(bytes, in: 0..<bytes.count, limits: limits)
  }

  /// Validates the part of `bytes` in `range` and shares all of them.
  ///
  /// The violation's offset, line and column count from the beginning of the range.
  public static func parse(
    _ bytes: [UInt8],
    in range: Range<Int>,
    limits: JSONLimits = .init()
  ) throws(JSONViolation) -> JSONView {
    let text = bytes.span.extracting(range)
    let isCompact: Bool
    do {
      isCompact = try JSONValidator.validate(text, limits: limits)
    } catch {
      throw JSONViolation(error, in: text)
    }
    let start = JSONScan.skipWhitespace(text, from: 0)
    var end = range.upperBound
    while JSONScan.isWhitespace(bytes[end - 1]) { end -= 1 }
    return JSONView(
      storage: bytes,
      start: range.lowerBound + start,
      end: end,
      isCompact: isCompact
    )
  }

  /// Validates a copy of `bytes`.
  public static func parse(
    _ bytes: ArraySlice<UInt8>,
    limits: JSONLimits = .init()
  ) throws(JSONViolation) -> JSONView {
    try parse(Array(bytes), limits: limits)
  }

  /// What the value is.
  public var kind: Kind {
    switch storage[start] {
    case ASCII.leftBrace: .object
    case ASCII.leftBracket: .array
    case ASCII.quote: .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  /// The value's text as it was written, sharing the bytes.
  public var bytes: ArraySlice<UInt8> { storage[start..<end] }

  /// The value's text as it was written; no copy when the view is all there is.
  public var text: [UInt8] {
    start == 0 && end == storage.count ? storage : Array(storage[start..<end])
  }
}
