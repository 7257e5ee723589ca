// SPDX-License-Identifier: Apache-2.0

/// The states between two bytes of CSV and what each byte does to them.
struct CSVParser: Sendable {
  private enum State {
    case fieldStart
    case plain
    case quoted
    case closingQuote
    case carriageReturn
    /// After a violation, up to the next line end.
    case skipping
  }

  private let separator: UInt8
  private let limits: CSVLimits
  private var state = State.fieldStart
  private var line = 1
  private var recordLine = 1
  private var recordBytes = 0
  private var fields: [String] = []
  private var field: [UInt8] = []
  /// Whether what has come so far may be the beginning of a byte order mark.
  private var isAtBeginning = true
  /// Whether the record under way is more than an empty line.
  private var isRecord = false

  init(separator: UInt8, limits: CSVLimits) {
    self.separator = separator
    self.limits = limits
  }

  /// Takes one byte; returns the record that it ends.
  ///
  /// - Throws: ``CSVViolation``; the parser then skips to the next line end.
  mutating func take(_ byte: UInt8) throws(CSVViolation) -> (fields: [String], line: Int)? {
    if byte < 0x80 { isAtBeginning = false }
    if byte == ASCII.lineFeed { return try takeLineFeed() }
    switch state {
    case .skipping: break
    case .carriageReturn: throw fail(.strayCarriageReturn, line)
    case .quoted where byte == ASCII.quote: state = .closingQuote
    case .quoted: try append(byte)
    case .closingQuote where byte == ASCII.quote:
      try append(byte)
      state = .quoted
    case .fieldStart where byte == ASCII.quote: (state, isRecord) = (.quoted, true)
    case .fieldStart, .plain, .closingQuote: try takeOutsideQuotes(byte)
    }
    return nil
  }

  /// Takes the bytes from `start` on that change no state, all at once; returns the index after them.
  mutating func takePlain(_ bytes: [UInt8], from start: Int) -> Int {
    guard state == .plain || state == .quoted, !isAtBeginning else { return start }
    let text = bytes.span
    var end = start
    while end < text.count, !isSpecial(text[end]) { end &+= 1 }
    let room = limits.maximumRecordBytes - recordBytes
    // What exceeds the limit is left for the slow path to complain about.
    let count = min(end - start, room)
    field.append(contentsOf: bytes[start..<start + count])
    recordBytes += count
    return start + count
  }

  @inline(__always) private func isSpecial(_ byte: UInt8) -> Bool {
    byte == separator || byte == ASCII.quote || byte == ASCII.lineFeed
      || byte == ASCII.carriageReturn
  }

  private mutating func takeOutsideQuotes(_ byte: UInt8) throws(CSVViolation) {
    switch byte {
    case separator: try endField()
    case ASCII.carriageReturn: state = .carriageReturn
    case _ where state == .closingQuote: throw fail(.textAfterQuote, line)
    case ASCII.quote: throw fail(.strayQuote, line)
    default:
      try append(byte)
      state = .plain
      if isAtBeginning { skipByteOrderMark() }
    }
  }

  /// Forgets a byte order mark, which may stand before the first field and its quote.
  private mutating func skipByteOrderMark() {
    if field == [0xEF, 0xBB, 0xBF] { startRecord(at: line) }
    isAtBeginning = field == [0xEF] || field == [0xEF, 0xBB]
  }

  private mutating func takeLineFeed() throws(CSVViolation) -> (fields: [String], line: Int)? {
    defer { line += 1 }
    switch state {
    case .quoted:
      do {
        try append(ASCII.lineFeed)
      } catch {
        startRecord(at: line + 1)
        throw error
      }
      return nil
    case .skipping:
      startRecord(at: line + 1)
      return nil
    case .fieldStart, .plain, .closingQuote, .carriageReturn:
      defer { startRecord(at: line + 1) }
      return try endRecord()
    }
  }

  /// Ends the input; returns the record under way, if there is one.
  mutating func end() throws(CSVViolation) -> (fields: [String], line: Int)? {
    defer { startRecord(at: line) }
    switch state {
    case .quoted: throw fail(.unterminatedQuote, recordLine)
    case .carriageReturn: throw fail(.strayCarriageReturn, line)
    case .skipping: return nil
    case .fieldStart, .plain, .closingQuote: return try endRecord()
    }
  }

  private mutating func startRecord(at line: Int) {
    (state, recordLine, recordBytes) = (.fieldStart, line, 0)
    (fields, field, isRecord) = ([], [], false)
  }

  private mutating func endRecord() throws(CSVViolation) -> (fields: [String], line: Int)? {
    guard isRecord else { return nil }
    try endField()
    return (fields, recordLine)
  }

  private mutating func endField() throws(CSVViolation) {
    isRecord = true
    guard fields.count < limits.maximumFieldCount else { throw fail(.tooManyFields, recordLine) }
    guard let text = String(validating: field, as: UTF8.self) else {
      throw fail(.invalidUTF8, line)
    }
    fields.append(text)
    field.removeAll(keepingCapacity: true)
    state = .fieldStart
  }

  private mutating func append(_ byte: UInt8) throws(CSVViolation) {
    guard recordBytes < limits.maximumRecordBytes else { throw fail(.recordTooLong, recordLine) }
    recordBytes += 1
    isRecord = true
    field.append(byte)
  }

  private mutating func fail(_ reason: CSVViolation.Reason, _ line: Int) -> CSVViolation {
    state = .skipping
    return CSVViolation(reason: reason, line: line)
  }
}
