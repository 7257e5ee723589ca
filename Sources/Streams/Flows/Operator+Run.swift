// SPDX-License-Identifier: Apache-2.0

extension Operator {
  /// Works through elements that are all there, then through the end of them, at once.
  ///
  /// This needs no source, task or clock: all elements count as appended at `now`, and the
  /// watermark becomes infinite behind the last. A flow gives the same over a topic to which they
  /// were published together and that was then closed. Where the closures of the operators are
  /// written in the same function, the compiler makes one loop of it. An element on which a closure
  /// throws is left out.
  ///
  /// ```swift
  /// Fused(Filter<Int, Never> { $0 > 0 }, Reduce(0) { $0 += $1 }).run(over: numbers, at: 0) { sum = $0 }
  /// ```
  ///
  /// - Parameters:
  ///   - elements: What goes in, in order.
  ///   - now: The instant at which all of it happens.
  ///   - emit: Takes what comes out, in order.
  @inlinable @inline(__always)  // Else the closures are no longer known in the loop.
  public consuming func run(
    over elements: some Sequence<Input>,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    drain(at: now, emit)
    for element in elements {
      if Self.ends, isDone { break }
      receive(element, at: now, emit)
      if Self.holds { drain(at: now, emit) }
    }
    advance(to: .never, at: now, emit)
    drain(at: now, emit)
    finish(at: now, emit)
    drain(at: now, emit)
  }

  /// Takes everything that waits, and forgets what has failed.
  @inlinable
  mutating func drain(at now: Timestamp, _ emit: (Output) -> Void) {
    if Self.fails { takeFailures { _ in } }
    while isPending {
      resume(at: now, room: .max, emit)
      if Self.fails { takeFailures { _ in } }
    }
  }
}
