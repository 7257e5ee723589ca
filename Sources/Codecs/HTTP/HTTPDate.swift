// SPDX-License-Identifier: Apache-2.0

/// Times as HTTP fields carry them (RFC 9110 §5.6.7).
public enum HTTPDate {
  static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `milliseconds` since 1970-01-01T00:00:00Z, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
  ///
  /// The time must lie in the years 0 to 9999, as clocks tell.
  public static func format(milliseconds: Int64) -> String {
    let time = CivilTime(milliseconds: milliseconds)
    precondition((0...9999).contains(time.year), "the format has four digits for the year")
    var text = Array("\(weekdays[time.weekday]), ".utf8)
    text.append(decimal: time.day, width: 2)
    text.append(contentsOf: " \(months[Int(time.month) - 1]) ".utf8)
    text.append(decimal: time.year, width: 4)
    text.append(ASCII.space)
    text.append(decimal: time.hour, width: 2)
    text.append(ASCII.colon)
    text.append(decimal: time.minute, width: 2)
    text.append(ASCII.colon)
    text.append(decimal: time.second, width: 2)
    text.append(contentsOf: " GMT".utf8)
    return String(decoding: text, as: UTF8.self)
  }
}
