// SPDX-License-Identifier: Apache-2.0

/// Times as RFC 3339 writes them, such as `2015-05-17T10:05:03.25Z`, as milliseconds since 1970.
public enum RFC3339 {
  /// Milliseconds since 1970-01-01T00:00:00Z, or `nil` when `text` is no RFC 3339 time.
  ///
  /// Fractions beyond milliseconds are cut off; a leap second counts as the last millisecond before it.
  public static func parse(_ text: String) -> Int64? { parse(Array(text.utf8)) }

  /// Milliseconds since 1970-01-01T00:00:00Z, or `nil` when `bytes` are no RFC 3339 time.
  public static func parse(_ bytes: some Collection<UInt8>) -> Int64? {
    var reader = DigitReader(bytes: Array(bytes))
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
      reader.take("-"), let day = reader.number(2), reader.take("T") || reader.take("t"),
      let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
      reader.take(":"), let second = reader.number(2), let fraction = fraction(&reader),
      let offset = offset(&reader), reader.isAtEnd
    else { return nil }
    let isLeapSecond = second == 60
    let time = CivilTime(
      year: year,
      month: month,
      day: day,
      hour: hour,
      minute: minute,
      second: isLeapSecond ? 59 : second,
      millisecond: isLeapSecond ? 999 : fraction
    )
    return time.isValid ? time.milliseconds - offset : nil
  }

  /// `milliseconds` since 1970-01-01T00:00:00Z in UTC, such as `2015-05-17T10:05:03.250Z`.
  ///
  /// Whole seconds have no fraction. The format knows the years 0000 to 9999; times beyond are written
  /// as the first or last of them.
  public static func format(milliseconds: Int64) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(24)
    append(milliseconds: milliseconds, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends what ``format(milliseconds:)`` gives.
  public static func append(milliseconds: Int64, to text: inout [UInt8]) {
    let time = CivilTime(milliseconds: min(max(milliseconds, earliest), latest))
    text.append(decimal: time.year, width: 4)
    text.append(ASCII.minus)
    text.append(decimal: time.month, width: 2)
    text.append(ASCII.minus)
    text.append(decimal: time.day, width: 2)
    text.append(UInt8(ascii: "T"))
    text.append(decimal: time.hour, width: 2)
    text.append(ASCII.colon)
    text.append(decimal: time.minute, width: 2)
    text.append(ASCII.colon)
    text.append(decimal: time.second, width: 2)
    if time.millisecond > 0 {
      text.append(ASCII.dot)
      text.append(decimal: time.millisecond, width: 3)
    }
    text.append(UInt8(ascii: "Z"))
  }

  private static let earliest = CivilTime(year: 0, month: 1, day: 1).milliseconds
  private static let latest = CivilTime(year: 10_000, month: 1, day: 1).milliseconds - 1

  /// The milliseconds of an optional fraction; `nil` when its digits are missing.
  private static func fraction(_ reader: inout DigitReader) -> Int64? {
    guard reader.take(".") else { return 0 }
    var milliseconds: Int64 = 0
    var digitCount = 0
    while let digit = reader.number(1) {
      digitCount += 1
      if digitCount <= 3 { milliseconds = milliseconds * 10 + digit }
    }
    guard digitCount > 0 else { return nil }
    for _ in 0..<max(0, 3 - digitCount) { milliseconds *= 10 }
    return milliseconds
  }

  /// The milliseconds that local time is ahead of UTC.
  private static func offset(_ reader: inout DigitReader) -> Int64? {
    if reader.take("Z") || reader.take("z") { return 0 }
    let isAhead = reader.take("+")
    guard isAhead || reader.take("-"), let hours = reader.number(2), reader.take(":"),
      let minutes = reader.number(2), hours < 24, minutes < 60
    else { return nil }
    let milliseconds = (hours * 60 + minutes) * 60_000
    return isAhead ? milliseconds : -milliseconds
  }
}

/// Reads numbers of a fixed width and the characters between them.
struct DigitReader {
  let bytes: [UInt8]
  var position = 0

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func number(_ width: Int) -> Int64? {
    guard position + width <= bytes.count else { return nil }
    var number: Int64 = 0
    for byte in bytes[position..<position + width] {
      guard byte.isASCIIDigit else { return nil }
      number = number * 10 + Int64(byte - ASCII.zero)
    }
    position += width
    return number
  }
}
