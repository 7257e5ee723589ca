// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
public import Streams

extension Event {
  /// An event whose data is `value` as JSON, with its members in alphabetical order: equal values
  /// have equal bytes.
  ///
  /// Numbers that JSON has no form for become the strings `NaN`, `Infinity` and `-Infinity`. A value
  /// whose own `encode(to:)` throws becomes `null`: one bad value must not end a pipeline.
  public init(
    _ value: some Encodable,
    type: String? = nil,
    subject: String? = nil,
    time: Timestamp? = nil
  ) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity",
      negativeInfinity: "-Infinity",
      nan: "NaN"
    )
    let data = (try? encoder.encode(value)).map { Array($0) } ?? Array("null".utf8)
    self.init(data: data, type: type, subject: subject, time: time)
  }

  /// The data as a value of one's own; `nil` if it is no JSON, or has another shape.
  ///
  /// ```swift
  /// orders.compactMap { $0.decode(Order.self) }
  /// ```
  ///
  /// O(size); some microseconds. Where that is too much, look only at the attributes.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) -> Value? {
    guard format == .json else { return nil }
    return try? JSONDecoder().decode(type, from: Data(data))
  }
}
