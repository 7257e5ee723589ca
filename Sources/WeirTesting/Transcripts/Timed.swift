// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A value with an event time, written `value@milliseconds` in a ``Transcript``.
public struct Timed<Value: LosslessStringConvertible & Sendable>: Sendable {
  /// The value.
  public var value: Value
  /// The event time.
  public var time: Timestamp

  /// Makes a value with its time.
  public init(_ value: Value, at time: Timestamp) {
    self.value = value
    self.time = time
  }
}

extension Timed: LosslessStringConvertible {
  /// Reads `value@milliseconds`; `nil` when `text` is not that.
  public init?(_ text: String) {
    guard let sign = text.lastIndex(of: "@"), let value = Value(String(text[..<sign])),
      let time = Int64(text[text.index(after: sign)...])
    else { return nil }
    self.init(value, at: Timestamp(milliseconds: time))
  }

  /// `value@milliseconds`.
  public var description: String { "\(value)@\(time.milliseconds)" }
}

extension Timed: Equatable where Value: Equatable {}
extension Timed: Hashable where Value: Hashable {}
