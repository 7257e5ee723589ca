// SPDX-License-Identifier: Apache-2.0

/// Takes the fields of a log line one after the other; each is followed by a space or the end.
struct LogLineReader {
  private let line: ArraySlice<UInt8>
  private var rest: ArraySlice<UInt8>

  init(_ line: ArraySlice<UInt8>) {
    self.line = line
    rest = line
  }

  var isAtEnd: Bool { rest.isEmpty }

  private func violation(_ field: LogViolation.Field) -> LogViolation {
    LogViolation(field: field, offset: rest.startIndex - line.startIndex)
  }

  /// Moves behind a field and the space after it.
  private mutating func advance(to end: Int, field: LogViolation.Field) throws(LogViolation) {
    guard end == rest.endIndex || rest[end] == ASCII.space else { throw violation(field) }
    rest = rest[end...].dropFirst()
  }

  private mutating func rawWord(
    _ field: LogViolation.Field
  ) throws(LogViolation)
    -> ArraySlice<UInt8>
  {
    let word = rest.prefix { $0 != ASCII.space }
    guard !word.isEmpty else { throw violation(field) }
    return word
  }

  mutating func word(_ field: LogViolation.Field) throws(LogViolation) -> String {
    let word = try rawWord(field)
    try advance(to: word.endIndex, field: field)
    return String(decoding: word, as: UTF8.self)
  }

  /// The user, which may hold spaces: it ends before the time's bracket.
  mutating func user() throws(LogViolation) -> String {
    var end = rest.startIndex
    while end < rest.endIndex {
      let isEnd =
        rest[end] == ASCII.space && end + 1 < rest.endIndex && rest[end + 1] == ASCII.leftBracket
      if isEnd { break }
      end += 1
    }
    guard end < rest.endIndex, end > rest.startIndex else { throw violation(.user) }
    let user = String(decoding: rest[..<end], as: UTF8.self)
    try advance(to: end, field: .user)
    return user
  }

  /// A time such as `[17/May/2015:10:05:03 +0000]`.
  mutating func time() throws(LogViolation) -> Int64 {
    var reader = DigitReader(bytes: Array(rest.prefix(28)))
    guard reader.take("["), let day = reader.number(2), reader.take("/"),
      let month = reader.month(), reader.take("/"), let year = reader.number(4), reader.take(":"),
      let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
      reader.take(":"), let second = reader.number(2), reader.take(" "),
      let offset = reader.zone(), reader.take("]")
    else { throw violation(.time) }
    let time = CivilTime(
      year: year,
      month: month,
      day: day,
      hour: hour,
      minute: minute,
      second: second == 60 ? 59 : second
    )
    guard time.isValid else { throw violation(.time) }
    try advance(to: rest.startIndex + reader.position, field: .time)
    return time.milliseconds - offset
  }

  /// A field in quotes, unescaped; without a closing quote it ends with the line.
  mutating func quoted(_ field: LogViolation.Field) throws(LogViolation) -> String {
    guard rest.first == ASCII.quote else { throw violation(field) }
    let plain = rest.dropFirst().prefix { $0 != ASCII.quote && $0 != ASCII.backslash }
    var bytes = Array(plain)
    var index = plain.endIndex
    while index < rest.endIndex, rest[index] != ASCII.quote {
      if rest[index] == ASCII.backslash, index + 1 < rest.endIndex {
        index = unescape(at: index + 1, into: &bytes)
      } else {
        bytes.append(rest[index])
        index += 1
      }
    }
    try advance(to: min(index + 1, rest.endIndex), field: field)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends what the escape after a backslash stands for; returns the index after it.
  ///
  /// An unknown escape stands for itself.
  private func unescape(at index: Int, into bytes: inout [UInt8]) -> Int {
    switch rest[index] {
    case UInt8(ascii: "x"):
      if index + 2 < rest.endIndex, let high = rest[index + 1].hexValue,
        let low = rest[index + 2].hexValue
      {
        bytes.append(high << 4 | low)
        return index + 3
      }
      bytes.append(contentsOf: "\\x".utf8)
    case UInt8(ascii: "n"): bytes.append(ASCII.lineFeed)
    case UInt8(ascii: "r"): bytes.append(ASCII.carriageReturn)
    case UInt8(ascii: "t"): bytes.append(ASCII.tab)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "v"): bytes.append(0x0B)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case ASCII.quote, ASCII.backslash: bytes.append(rest[index])
    case let other: bytes.append(contentsOf: [ASCII.backslash, other])
    }
    return index + 1
  }

  mutating func status() throws(LogViolation) -> Int {
    let word = try rawWord(.status)
    guard word.count == 3, let status = Int64(word) else { throw violation(.status) }
    try advance(to: word.endIndex, field: .status)
    return Int(status)
  }

  mutating func byteCount() throws(LogViolation) -> Int64 {
    let word = try rawWord(.bytes)
    guard let count = word.elementsEqual([ASCII.minus]) ? 0 : Int64(word) else {
      throw violation(.bytes)
    }
    try advance(to: word.endIndex, field: .bytes)
    return count
  }
}

extension Int64 {
  /// The number that decimal digits, and nothing else, spell.
  fileprivate init?(_ digits: ArraySlice<UInt8>) {
    guard digits.first != ASCII.minus else { return nil }
    self.init(asciiDigits: digits.span, in: 0..<digits.count)
  }
}

extension DigitReader {
  /// The number of an English month's three letters.
  fileprivate mutating func month() -> Int64? {
    let letters = bytes[position...].prefix(3)
    guard let index = HTTPDate.months.firstIndex(where: { letters.elementsEqual($0.utf8) }) else {
      return nil
    }
    position += 3
    return Int64(index + 1)
  }

  /// The milliseconds that a zone such as `+0130` is ahead of UTC.
  fileprivate mutating func zone() -> Int64? {
    let isAhead = take("+")
    guard isAhead || take("-"), let hours = number(2), let minutes = number(2), hours < 24,
      minutes < 60
    else { return nil }
    let milliseconds = (hours * 60 + minutes) * 60_000
    return isAhead ? milliseconds : -milliseconds
  }
}
