// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What a stage has read of an event at one place.
enum ChainValue: Hashable, Sendable {
  /// Nothing there, or `null`.
  case missing
  case bool(Bool)
  /// A number that is whole and fits, however it was written.
  case int(Int64)
  case double(Double)
  case text(TextKey)
  /// A list or a map, as JSON text.
  case container([UInt8])

  /// A number, whole if it can be told as such: 1 and 1.0 are one value.
  static func number(_ double: Double) -> ChainValue {
    guard double.magnitude < 0x1p63 else { return .double(double) }
    let whole = Int64(double)
    return Double(whole) == double ? .int(whole) : .double(double)
  }

  /// The number it is, if it is one.
  var number: ChainNumber? {
    switch self {
    case .int(let int): .int(int)
    case .double(let double): .double(double)
    case .missing, .bool, .text, .container: nil
    }
  }

  var isMissing: Bool {
    if case .missing = self { true } else { false }
  }

  func write(to writer: inout JSONWriter) {
    switch self {
    case .missing: writer.null()
    case .bool(let bool): writer.value(bool)
    case .int(let int): writer.value(int)
    case .double(let double): writer.value(double)
    case .text(let key): writer.value(key.text)
    case .container(let text): writer.raw(text)
    }
  }

  /// The value as an event's subject; `nil` where there is none.
  var subject: String? {
    switch self {
    case .missing: nil
    case .bool(let bool): bool ? "true" : "false"
    case .int(let int): "\(int)"
    case .double(let double): "\(double)"
    case .text(let key): key.text
    case .container(let text): String(decoding: text, as: UTF8.self)
    }
  }
}

extension ChainValue: Comparable {
  private var rank: Int {
    switch self {
    case .missing: 0
    case .bool: 1
    case .int, .double: 2
    case .text: 3
    case .container: 4
    }
  }

  /// Orders values of one kind as usual, texts by their bytes, and kinds one behind the other.
  static func < (left: ChainValue, right: ChainValue) -> Bool {
    switch (left, right) {
    case (.bool(let left), .bool(let right)): return !left && right
    case (.text(let left), .text(let right)):
      return String.bytesPrecede(left.text, right.text)
    case (.container(let left), .container(let right)):
      return left.lexicographicallyPrecedes(right)
    default:
      if let left = left.number, let right = right.number { return left < right }
      return left.rank < right.rank
    }
  }
}

extension ChainValue: StableHashable {
  func stableHash(into hasher: inout StableHasher) {
    hasher.combine(UInt64(rank))
    switch self {
    case .missing: break
    case .bool(let bool): bool.stableHash(into: &hasher)
    case .int(let int): int.stableHash(into: &hasher)
    case .double(let double): double.stableHash(into: &hasher)
    case .text(let key): key.text.stableHash(into: &hasher)
    case .container(let text): hasher.combine(bytes: text.span)
    }
  }
}
