// SPDX-License-Identifier: Apache-2.0

/// What a buffer does with an element for which there is no room.
public enum BufferOverflow: Hashable, Sendable {
  /// The source waits: nothing is lost.
  case holdBack
  /// The oldest goes, and counts as `dropped`.
  case dropOldest
  /// The new one is left out, and counts as `dropped`.
  case dropNewest
  /// The flow ends with a ``BufferError``, behind what the buffer holds.
  case fail
}

/// Why a buffer has ended its flow.
public enum BufferError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It was full, and its overflow is `.fail`.
  case overflow(capacity: Int)

  /// What happened and what helps.
  public var description: String {
    switch self {
    case .overflow(let capacity):
      "a buffer of \(capacity) elements is full; make it larger, or let it hold back or drop"
    }
  }
}

/// A source that is read ahead, as far as there is room; see ``Flow/buffer(upTo:spanning:overflow:)``.
public struct BufferingSource<Element: Sendable>: FlowSource {
  let input: any FlowSource<Element>
  let limits: BufferLimits

  /// The name of the input.
  public var name: String { input.name }
  /// The input's plan, and the stage.
  public var plan: FlowPlan { input.plan.followed(by: [StageStatistics("buffer")]) }
  /// What becomes of windows that wait for it while the input is silent.
  public var silencePolicy: SilencePolicy { input.silencePolicy }

  /// Starts a reading of the input; a task of its own does it.
  public func makeReader() -> any FlowReader<Element> { BufferingReader(self) }
}

/// How much a buffer holds, and what happens beyond that.
struct BufferLimits: Sendable {
  let capacity: Int
  /// Less than so many milliseconds lie between the oldest and the newest.
  let span: Int64
  let overflow: BufferOverflow

  init(capacity: Int, span: Int64, overflow: BufferOverflow) {
    // Any more is as good as no limit, and could not be doubled.
    self.capacity = min(capacity, Int(Int32.max))
    self.span = span
    self.overflow = overflow
  }
}

extension Flow {
  /// The same elements, read ahead by a task of its own while the consumer is busy.
  ///
  /// The operators before it run in that task, those behind it in the consumer's. Elements keep their
  /// instants, and marks their places: with `.holdBack` the output is the input, live or replayed. What
  /// the other policies drop depends on how fast the consumer is. What becomes of elements on which a
  /// closure throws is said for the flow, before it or behind it. To gather elements into arrays, see
  /// `chunked(by:within:)`.
  ///
  /// ```swift
  /// let ready = orders.map { parse($0) }.buffer(upTo: 1_000)
  /// let screen = samples.buffer(upTo: 100, spanning: .seconds(5), overflow: .dropOldest)
  /// ```
  ///
  /// - Parameters:
  ///   - capacity: The most elements that wait for the consumer, at least one.
  ///   - span: The buffer is also full when an element comes so long after the oldest of them, by the
  ///     log. Default: no limit.
  ///   - overflow: What happens to one more. Default: the source waits.
  /// - Returns: The flow.
  public func buffer(
    upTo capacity: Int,
    spanning span: Duration? = nil,
    overflow: BufferOverflow = .holdBack
  ) -> Flow<Identity<Chain.Output>> {
    precondition(capacity >= 1, "a buffer has room for an element")
    precondition((span?.wholeMilliseconds ?? 1) >= 1, "a buffer spans at least 1 ms")
    let limits = BufferLimits(
      capacity: capacity,
      span: span?.wholeMilliseconds ?? .max,
      overflow: overflow
    )
    return Flow<Identity<Chain.Output>>(
      source: BufferingSource(input: self, limits: limits),
      chain: Identity(),
      supervision: supervision
    )
  }
}
