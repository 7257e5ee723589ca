// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The time that a field of a record tells.
enum EventTime {
  /// Numbers from here on are milliseconds, below they are seconds since 1970.
  ///
  /// As seconds it is the year 5138, as milliseconds 1973.
  private static let firstMilliseconds = 1e11

  /// Reads RFC 3339 text, or a number of seconds or milliseconds since 1970.
  ///
  /// - Parameter value: The field.
  /// - Returns: Milliseconds since 1970, or `nil` when it is no time.
  static func milliseconds(_ value: JSONView) -> Int64? {
    if let text = value.string { return milliseconds(text) }
    return value.double.flatMap(milliseconds)
  }

  /// Reads the same from plain text.
  static func milliseconds(_ text: String) -> Int64? {
    if let time = RFC3339.parse(text) { return time }
    return Double(text).flatMap(milliseconds)
  }

  private static func milliseconds(_ number: Double) -> Int64? {
    let isMilliseconds = number.magnitude >= firstMilliseconds
    return Int64(exactly: (isMilliseconds ? number : number * 1_000).rounded(.down))
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
