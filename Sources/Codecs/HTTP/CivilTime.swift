// SPDX-License-Identifier: Apache-2.0

/// A date and time of day in UTC, in the proleptic Gregorian calendar, by arithmetic alone.
///
/// Days and dates convert as in H. Hinnant's `chrono`-compatible low-level date algorithms.
struct CivilTime: Equatable {
  var year: Int64
  var month: Int64
  var day: Int64
  var hour: Int64 = 0
  var minute: Int64 = 0
  var second: Int64 = 0
  var millisecond: Int64 = 0

  static let millisecondsPerDay: Int64 = 86_400_000

  /// Whether the date exists and the time lies within a day; a leap second does not.
  var isValid: Bool {
    (1...12).contains(month) && day >= 1 && day <= Self.dayCount(year, month)
      && (0..<24).contains(hour) && (0..<60).contains(minute) && (0..<60).contains(second)
      && (0..<1000).contains(millisecond)
  }

  private static func dayCount(_ year: Int64, _ month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Milliseconds since 1970-01-01T00:00:00Z.
  var milliseconds: Int64 {
    (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millisecond
  }

  /// Days since 1970-01-01; years begin in March, so that the leap day is their last.
  private var days: Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The weekday, 0 for Sunday.
  var weekday: Int { Int(((days + 4) % 7 + 7) % 7) }
}

extension CivilTime {
  /// The time that lies `milliseconds` after, or before, 1970-01-01T00:00:00Z.
  init(milliseconds: Int64) {
    let (quotient, remainder) = milliseconds.quotientAndRemainder(
      dividingBy: Self.millisecondsPerDay
    )
    let days = remainder < 0 ? quotient - 1 : quotient
    let time = remainder < 0 ? remainder + Self.millisecondsPerDay : remainder
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    hour = time / 3_600_000
    minute = time / 60_000 % 60
    second = time / 1000 % 60
    millisecond = time % 1000
  }
}
