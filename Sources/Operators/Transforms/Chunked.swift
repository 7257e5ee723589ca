// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits elements in arrays of so many, or of what has come within a time.
///
/// The time counts from a chunk's first element; an element at its last instant still belongs to it.
/// What is left is given out when the flow ends. State: one chunk. Cost: O(1), one array per chunk.
public struct Chunked<Element: Sendable>: Operator {
  @usableFromInline let count: Int
  @usableFromInline let milliseconds: Int64
  @usableFromInline var chunk: [Element] = []
  @usableFromInline var end = Timestamp.never

  /// Makes the operator.
  ///
  /// - Parameters:
  ///   - count: The most elements of a chunk, at least one.
  ///   - interval: How long a chunk waits for more, at least a millisecond; `nil`: until it is full.
  @inlinable
  public init(by count: Int, within interval: Duration?) {
    precondition(count >= 1, "a chunk holds at least one element")
    precondition((interval?.wholeMilliseconds ?? 1) >= 1, "a chunk waits at least 1 ms")
    self.count = count
    milliseconds = interval?.wholeMilliseconds ?? .max
  }

  /// When the chunk at hand is given out though it is not full.
  @inlinable public var deadline: Timestamp { end }

  /// Puts the element into the chunk; emits the chunk if that makes it full.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: ([Element]) -> Void) {
    if chunk.isEmpty { begin(at: now) }
    chunk.append(element)
    if chunk.count >= count { give(emit) }
  }

  @inlinable
  mutating func begin(at now: Timestamp) {
    chunk.reserveCapacity(min(count, 256))
    if milliseconds != .max { end = now.advanced(byMilliseconds: milliseconds) }
  }

  @inlinable
  mutating func give(_ emit: ([Element]) -> Void) {
    guard !chunk.isEmpty else { return }
    let full = chunk
    chunk = []
    end = .never
    emit(full)
  }

  /// Emits the chunk at hand.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: ([Element]) -> Void) {
    end = .never
    give(emit)
  }

  /// Emits what is left.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: ([Element]) -> Void) {
    give(emit)
  }

  /// Writes the chunk at hand and when it ends.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("chunked") { encoder throws(StateError) in
      try encoder.encode(chunk)
      try end.encode(into: &encoder)
    }
  }

  /// Reads the chunk at hand and when it ends.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("chunked") { decoder, _ throws(StateError) in
      chunk = try decoder.decode([Element].self)
      end = try Timestamp(from: &decoder)
    }
  }

  /// The stage `chunked`: elements that `wait` now.
  public var stages: [StageStatistics] {
    [StageStatistics("chunked", ["wait": UInt64(chunk.count)])]
  }
}

extension Flow {
  /// The elements in arrays of `count`, or of fewer when `interval` has passed since the first of an
  /// array; what other libraries call `buffer`.
  ///
  /// No array is empty, and the last may be shorter.
  ///
  /// ```swift
  /// let rows = orders.chunked(by: 500, within: .seconds(1))
  /// ```
  ///
  /// - Parameters:
  ///   - count: The most elements of an array, at least one.
  ///   - interval: How long an array waits for more, at least a millisecond. Default: until it is
  ///     full.
  /// - Returns: The flow.
  @inlinable
  public func chunked(
    by count: Int,
    within interval: Duration? = nil
  ) -> Flow<Fused<Chain, Chunked<Chain.Output>>> {
    apply(Chunked(by: count, within: interval))
  }
}
