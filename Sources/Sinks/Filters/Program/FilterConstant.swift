// SPDX-License-Identifier: Apache-2.0

/// A literal of a filter.
enum FilterConstant: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case text(String)
  /// Milliseconds since the Unix epoch.
  case time(Int64)

  var type: FilterType {
    switch self {
    case .null: .null
    case .bool: .bool
    case .int, .double: .number
    case .text: .text
    case .time: .time
    }
  }

  var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  /// Unlike for unlike constants.
  func write(to form: inout String) {
    switch self {
    case .null: form += "null"
    case .bool(let bool): form += bool ? "true" : "false"
    case .int(let int): form += "\(int)"
    case .double(let double): form += "\(double)d"
    case .text(let text): form.quote(text)
    case .time(let milliseconds): form += "@\(milliseconds)"
    }
  }
}

/// What is known about a value before there is an event.
enum FilterType: Sendable {
  case null
  case bool
  case number
  case text
  case optionalText
  case time
  case optionalTime
  /// A value in the data, of which only the event tells.
  case unknown

  /// How it is called in messages.
  var name: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .text, .optionalText: "a string"
    case .time, .optionalTime: "a timestamp"
    case .unknown: "a value in data"
    }
  }

  /// The type without its absence.
  var present: FilterType {
    switch self {
    case .optionalText: .text
    case .optionalTime: .time
    default: self
    }
  }

  private var mayBeNull: Bool {
    self == .null || self == .optionalText || self == .optionalTime
  }

  /// Whether two values may be equal at all.
  func canEqual(_ other: FilterType) -> Bool {
    if self == .unknown || other == .unknown || present == other.present { return true }
    return mayBeNull && other.mayBeNull
  }

  /// Whether one may come before the other.
  func canPrecede(_ other: FilterType) -> Bool {
    if self == .null || other == .null { return false }
    return self == .unknown || other == .unknown || present == other.present
  }

  func isPerhaps(_ type: FilterType) -> Bool { self == .unknown || present == type }
}

extension String {
  /// Appends a text so that no other text is appended as the same.
  mutating func quote(_ text: String) {
    self += "\(text.utf8.count):"
    self += text
  }

  /// Whether the bytes come first: the order of CEL, which is that of Unicode scalars.
  static func bytesPrecede(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
