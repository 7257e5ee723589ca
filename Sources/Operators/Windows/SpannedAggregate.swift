// SPDX-License-Identifier: Apache-2.0
public import Streams

/// An aggregate with the first and last event time of its elements.
@usableFromInline
struct SpannedAggregate<Value: Aggregate>: Aggregate {
  @usableFromInline var value: Value
  @usableFromInline var first = Int64.max
  @usableFromInline var last = Int64.min

  @usableFromInline typealias Input = (element: Value.Input, time: Int64)

  @inlinable
  init(_ value: Value) {
    self.value = value
  }

  @inlinable
  mutating func add(_ element: Input) {
    value.add(element.element)
    first = min(first, element.time)
    last = max(last, element.time)
  }

  @inlinable
  mutating func merge(_ other: Self) {
    value.merge(other.value)
    first = min(first, other.first)
    last = max(last, other.last)
  }

  @inlinable var result: Value.Result { value.result }

  @usableFromInline
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(first)
    encoder.write(last)
    try value.encode(into: &encoder)
  }

  @usableFromInline
  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    first = try decoder.readInt64()
    last = try decoder.readInt64()
    try value.restore(from: &decoder)
  }
}
