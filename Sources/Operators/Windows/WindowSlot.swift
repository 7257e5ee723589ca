// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The aggregate of one key in one window, with what it has told.
@usableFromInline
struct WindowSlot<Value: Aggregate>: Sendable {
  @usableFromInline var value: Value
  /// How often it has fired: the next revision.
  @usableFromInline var firings: UInt32 = 0
  /// Elements since it last fired.
  @usableFromInline var news: UInt32 = 0

  @inlinable
  init(_ value: Value) {
    self.value = value
  }

  @inlinable
  mutating func add(_ element: Value.Input) {
    value.add(element)
    if news < .max { news += 1 }
  }

  /// Takes note of a firing; answers what it tells.
  @inlinable
  mutating func fire(discarding empty: Value?) -> (result: Value.Result, revision: Int) {
    let told = (value.result, Int(firings))
    if firings < .max { firings += 1 }
    news = 0
    if let empty { value = empty }
    return told
  }

  @usableFromInline
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(firings))
    encoder.write(UInt64(news))
    try value.encode(into: &encoder)
  }

  @usableFromInline
  init(_ empty: Value, from decoder: inout StateDecoder) throws(StateError) {
    value = empty
    firings = try UInt32(from: &decoder)
    news = try UInt32(from: &decoder)
    try value.restore(from: &decoder)
  }
}

/// A firing whose window is no longer kept: it waits until there is room for it.
@usableFromInline
struct LeavingWindow<Key: Hashable & Sendable, Value: Aggregate>: Sendable {
  @usableFromInline let start: Int64
  @usableFromInline let end: Int64
  @usableFromInline let key: Key
  @usableFromInline var slot: WindowSlot<Value>

  @inlinable
  init(start: Int64, end: Int64, key: Key, slot: WindowSlot<Value>) {
    (self.start, self.end, self.key, self.slot) = (start, end, key, slot)
  }

  @inlinable var result: WindowResult<Key, Value.Result> {
    WindowResult(
      start: Timestamp(milliseconds: start),
      end: Timestamp(milliseconds: end),
      key: key,
      value: slot.value.result,
      revision: Int(slot.firings),
      isFinal: false
    )
  }

  @usableFromInline
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(start)
    encoder.write(end)
    try encoder.encode(key)
    try slot.encode(into: &encoder)
  }

  @usableFromInline
  init(_ empty: Value, from decoder: inout StateDecoder) throws(StateError) {
    start = try decoder.readInt64()
    end = try decoder.readInt64()
    key = try decoder.decode(Key.self)
    slot = try WindowSlot(empty, from: &decoder)
  }
}
