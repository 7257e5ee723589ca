// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The time that a field of a record tells.
enum EventTime {
  /// Numbers from here on are milliseconds, below they are seconds since 1970.
  ///
  /// As seconds it is the year 5138, as milliseconds 1973.
  private static let firstMilliseconds = 1e11
  /// The years 0000 to 9999 in UTC, all that RFC 3339 can write.
  private static let calendar: Range<Int64> = -62_167_219_200_000..<253_402_300_800_000

  /// Why a field tells no time.
  enum Fault: Error, Equatable {
    /// It is neither a time nor a number.
    case unreadable
    /// It lies outside the years 0000 to 9999, most likely because its unit is another.
    case beyondCalendar

    /// The reason that is told about a line.
    func reason(field: String) -> String {
      switch self {
      case .unreadable:
        "'\(field)' is neither a time such as 2015-05-17T10:05:03Z nor seconds since 1970"
      case .beyondCalendar:
        "'\(field)' is outside the years 0000 to 9999, read as seconds or milliseconds since 1970"
      }
    }
  }

  /// Reads RFC 3339 text, or a number of seconds or milliseconds since 1970.
  ///
  /// - Parameter value: The field.
  /// - Returns: Milliseconds since 1970.
  /// - Throws: ``Fault``.
  static func milliseconds(_ value: JSONView) throws(Fault) -> Int64 {
    if let text = value.string { return try milliseconds(text) }
    guard let number = value.double else { throw .unreadable }
    return try milliseconds(number)
  }

  /// Reads the same from plain text.
  static func milliseconds(_ text: String) throws(Fault) -> Int64 {
    if let time = RFC3339.parse(text) { return try checked(time) }
    guard let number = Double(text) else { throw .unreadable }
    return try milliseconds(number)
  }

  /// Passes on a time that RFC 3339 can write in UTC.
  static func checked(_ milliseconds: Int64) throws(Fault) -> Int64 {
    guard calendar.contains(milliseconds) else { throw .beyondCalendar }
    return milliseconds
  }

  private static func milliseconds(_ number: Double) throws(Fault) -> Int64 {
    guard number.isFinite else { throw .unreadable }
    let isMilliseconds = number.magnitude >= firstMilliseconds
    let time = (isMilliseconds ? number : number * 1_000).rounded(.down)
    guard let time = Int64(exactly: time) else { throw .beyondCalendar }
    return try checked(time)
  }
}

extension JSONView {
  /// The value that a dotted path such as `user.name` names.
  ///
  /// A member whose own name is the whole path comes first.
  func value(at path: String) -> JSONView? {
    if let member = self[path] { return member }
    var view = self
    for name in path.split(separator: ".", omittingEmptySubsequences: false) {
      guard let member = view[String(name)] else { return nil }
      view = member
    }
    return view
  }

  /// A string's text, or a number or truth as it is written; `nil` for others, and for no text.
  var keyText: String? {
    switch kind {
    case .string: string.flatMap { $0.isEmpty ? nil : $0 }
    case .number, .bool: String(decoding: bytes, as: UTF8.self)
    case .object, .array, .null: nil
    }
  }
}
