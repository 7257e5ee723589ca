// SPDX-License-Identifier: Apache-2.0

/// Any `AsyncSequence` as the source of a flow; each reading iterates anew.
///
/// A task of its own pulls the sequence and hands over each element at once; while the reader is
/// busy they gather, up to ``capacity``, and then the sequence is pulled no further: nothing is
/// lost. Elements get their instants from the clock. When the reader leaves, the task is cancelled
/// and lets go of the sequence as soon as that answers.
public struct SequenceSource<Element: Sendable>: FlowSource {
  /// The name to show for it.
  public let name: String
  /// The most elements that are handed out at once.
  public let batching: Int
  /// How long after the first of a run an element may come and still be given its instant.
  public let span: Duration
  /// The most elements that wait for the reader.
  public let capacity: Int
  /// Where the instants of the elements come from.
  public let clock: any EngineClock
  private let pump: SequenceReader<Element>.Pump

  /// Makes a source of the sequences that `make` gives, one for each reading.
  ///
  /// - Parameters:
  ///   - name: The name to show for it.
  ///   - batching: The most elements that are handed out at once, at least 1.
  ///   - span: How long after the first of a run an element may come and still be given its instant.
  ///   - capacity: The most elements that wait for the reader, at least 1.
  ///   - clock: Where the instants of the elements come from.
  ///   - make: Makes the sequence, in the task that pulls it.
  public init<Base: AsyncSequence>(
    _ name: String,
    batching: Int = FlowLimits.batch,
    within span: Duration = .milliseconds(1),
    capacity: Int = 4 * FlowLimits.batch,
    clock: any EngineClock = SystemClock(),
    _ make: @escaping @Sendable () -> Base
  ) where Base.Element == Element, Base: SendableMetatype, Base.AsyncIterator: SendableMetatype {
    precondition(batching >= 1 && capacity >= 1, "there is room for an element")
    precondition(span >= .zero, "a time span is not negative")
    self.name = name
    self.batching = batching
    self.span = span
    self.capacity = capacity
    self.clock = clock
    pump = { buffer in
      for try await element in make() {
        if Task.isCancelled { return }
        if !buffer.put(element) { try await buffer.room() }
      }
    }
  }

  /// Makes ready to iterate; the sequence is made and pulled when the reader is first asked.
  public func makeReader() -> any FlowReader<Element> {
    let buffer = SequenceBuffer<Element>(
      capacity: capacity,
      within: max(1, span.wholeMilliseconds),
      clock: clock
    )
    return SequenceReader(name, buffer, batching: batching, pump)
  }
}
