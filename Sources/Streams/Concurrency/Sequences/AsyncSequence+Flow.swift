// SPDX-License-Identifier: Apache-2.0

extension AsyncSequence where Self: Sendable, Element: Sendable, AsyncIterator: SendableMetatype {
  /// A flow over the elements of this sequence, lossless; each reading iterates anew.
  ///
  /// An element is there for the reader at once: no batch waits for company. While the reader is
  /// busy elements gather, and up to `batching` are then handed out together. Those that came less
  /// than `span` after the first of a run are given its instant, so `span` says how far `appended`
  /// may be behind the clock under load; it delays nothing. What the sequence throws is thrown by
  /// the flow, behind all that came before it. Cancelling the consumer cancels the iteration.
  ///
  /// ```swift
  /// for try await line in lines.flow().filter({ !$0.isEmpty }) { print(line) }
  /// ```
  ///
  /// - Parameters:
  ///   - batching: The most elements that are handed out at once. Default 256.
  ///   - span: How long after the first of a run an element may come and still be given its instant.
  ///     Default 1 ms, the resolution of an instant.
  ///   - capacity: The most elements that wait for the reader; the sequence is pulled no further
  ///     while there are as many. Default 1,024.
  ///   - clock: Where the instants of the elements come from. Default: the system's.
  /// - Returns: The flow; nothing is pulled before somebody reads it.
  public func flow(
    batching: Int = FlowLimits.batch,
    within span: Duration = .milliseconds(1),
    capacity: Int = 4 * FlowLimits.batch,
    clock: any EngineClock = SystemClock()
  ) -> Flow<Identity<Element>> {
    let source = SequenceSource(
      "sequence",
      batching: batching,
      within: span,
      capacity: capacity,
      clock: clock
    ) { self }
    return Flow<Identity<Element>>(source: source, chain: Identity())
  }
}

extension Flow {
  /// A flow over the sequences that `make` gives, a new one for each reading.
  ///
  /// They need not be `Sendable`: each is made in the task that pulls it. See
  /// `AsyncSequence.flow(batching:within:capacity:clock:)`.
  ///
  /// ```swift
  /// let ticks = Flow.sequence { AsyncStream<Int> { $0.yield(1); $0.finish() } }
  /// ```
  ///
  /// - Parameters:
  ///   - name: The name to show for it. Default `sequence`.
  ///   - clock: Where the instants of the elements come from. Default: the system's.
  ///   - make: Makes a sequence.
  /// - Returns: The flow; nothing is made before somebody reads it.
  public static func sequence<Base: AsyncSequence>(
    _ name: String = "sequence",
    clock: any EngineClock = SystemClock(),
    _ make: @escaping @Sendable () -> Base
  ) -> Flow
  where
    Chain == Identity<Base.Element>,
    Base.Element: Sendable,
    Base: SendableMetatype,
    Base.AsyncIterator: SendableMetatype
  {
    Flow(source: SequenceSource(name, clock: clock, make), chain: Identity())
  }
}
