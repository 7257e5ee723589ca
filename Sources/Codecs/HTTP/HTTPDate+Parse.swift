// SPDX-License-Identifier: Apache-2.0

extension HTTPDate {
  /// Reads a time in any of the three formats that a recipient must accept (RFC 9110 §5.6.7).
  ///
  /// - Parameters:
  ///   - text: A field's value, such as that of `If-Modified-Since`.
  ///   - now: The time, in milliseconds since 1970-01-01T00:00:00Z: a year of two digits that would
  ///     lie more than 50 years after it lies before.
  /// - Returns: Milliseconds since 1970-01-01T00:00:00Z; `nil` when `text` is no such time. A leap
  ///   second counts as the one before it, and whether the weekday fits is not checked.
  public static func parse(_ text: String, now: Int64) -> Int64? {
    var reader = DigitReader(bytes: Array(text.utf8))
    guard let weekday = weekdayNames.firstIndex(where: { reader.take(word: $0) }) else {
      return nil
    }
    let isLong = weekday < 7
    guard reader.take(",") else {
      return isLong ? nil : time(asctime(&reader), reader)
    }
    return isLong ? time(rfc850(&reader, now: now), reader) : time(fixdate(&reader), reader)
  }

  /// The long names first, since the short ones begin them.
  private static let weekdayNames =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] + weekdays

  private static func time(_ time: CivilTime?, _ reader: DigitReader) -> Int64? {
    guard let time, time.isValid, reader.isAtEnd else { return nil }
    return time.milliseconds
  }

  // ` 06 Nov 1994 08:49:37 GMT`
  private static func fixdate(_ reader: inout DigitReader) -> CivilTime? {
    guard reader.take(" "), let day = reader.number(2), reader.take(" "),
      let month = month(&reader), reader.take(" "), let year = reader.number(4)
    else { return nil }
    let date = CivilTime(year: year, month: month, day: day)
    guard let time = timeOfDay(&reader, on: date), reader.take(word: " GMT") else { return nil }
    return time
  }

  // ` 06-Nov-94 08:49:37 GMT`
  private static func rfc850(_ reader: inout DigitReader, now: Int64) -> CivilTime? {
    guard reader.take(" "), let day = reader.number(2), reader.take("-"),
      let month = month(&reader), reader.take("-"), let year = reader.number(2)
    else { return nil }
    let today = CivilTime(milliseconds: now)
    let date = CivilTime(year: today.year - today.year % 100 + year, month: month, day: day)
    guard var time = timeOfDay(&reader, on: date), reader.take(word: " GMT") else { return nil }
    var latest = today
    latest.year += 50
    // The century of now, the next or the last: the latest that is not too far ahead.
    time.year += 100
    while time.milliseconds > latest.milliseconds { time.year -= 100 }
    return time
  }

  // ` Nov  6 08:49:37 1994`
  private static func asctime(_ reader: inout DigitReader) -> CivilTime? {
    guard reader.take(" "), let month = month(&reader), reader.take(" "),
      let day = reader.take(" ") ? reader.number(1) : reader.number(2)
    else { return nil }
    let date = CivilTime(year: 2000, month: month, day: day)
    guard var time = timeOfDay(&reader, on: date), reader.take(" "), let year = reader.number(4)
    else { return nil }
    time.year = year
    return time
  }

  private static func month(_ reader: inout DigitReader) -> Int64? {
    months.firstIndex { reader.take(word: $0) }.map { Int64($0 + 1) }
  }

  // ` 08:49:37`
  private static func timeOfDay(_ reader: inout DigitReader, on date: CivilTime) -> CivilTime? {
    guard reader.take(" "), let hour = reader.number(2), reader.take(":"),
      let minute = reader.number(2), reader.take(":"), let second = reader.number(2)
    else { return nil }
    var time = date
    (time.hour, time.minute, time.second) = (hour, minute, second == 60 ? 59 : second)
    return time
  }
}

extension DigitReader {
  mutating func take(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }
}
