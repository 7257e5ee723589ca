// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A source under a test's control, which tells what its readers ask for and when they leave.
///
/// It keeps all it was given, up to ``capacity``, and every reader gets it from the beginning.
///
/// ```swift
/// let source = SourceProbe<Int>()
/// var iterator = source.flow().makeAsyncIterator()
/// source.emit(1, 2)
/// source.end()
/// ```
public final class SourceProbe<Element: Sendable>: FlowSource {
  /// The name it was given.
  public let name: String
  /// The most elements that it is given.
  public let capacity: Int
  /// Where the instants of its entries come from.
  public let clock: any EngineClock
  private let topic: Topic<Element>
  let watched = Watched(SourceProbeState())

  /// Makes a source that has nothing yet.
  ///
  /// - Parameters:
  ///   - name: The name to show for it.
  ///   - capacity: The most elements that it is given. Default 65,536.
  ///   - clock: Where the instants of its entries come from. Default: a clock that stands still.
  public init(
    _ name: String = "source",
    capacity: Int = 65_536,
    clock: any EngineClock = ManualClock()
  ) {
    precondition(capacity >= 1, "a source has room for an element")
    self.name = name
    self.capacity = capacity
    self.clock = clock
    // Twice the room: one publish may be half of what a topic keeps.
    topic = Topic(
      name,
      retention: Retention(maximumCount: 2 * capacity, maximumBytes: .max),
      epoch: Epoch(rawValue: 1),
      clock: clock,
      weigher: .each { _ in 0 }
    )
  }

  /// Opens a reader that begins with the first element.
  public func makeReader() -> any FlowReader<Element> {
    let number = watched.change { state in
      state.readers.append(SourceProbeState.Reader())
      return state.readers.count - 1
    }
    return SourceProbeReader(Cursor(topic, from: .earliest, overrun: .skip), of: self, number)
  }

  /// A flow over all that it is given.
  ///
  /// - Parameter watermarks: Where the watermark comes from. Default: the marks that are set.
  /// - Returns: The flow; operators are put behind it.
  public func flow(
    watermarks: WatermarkStrategy<Element> = .fromSource
  ) -> Flow<Identity<Element>> {
    Flow(source: self, chain: Identity(), watermarks: watermarks)
  }

  /// Gives elements, all at this instant.
  public func emit(_ elements: Element...) {
    emit(elements)
  }

  /// Gives elements, all at this instant; none is fine.
  public func emit(_ elements: [Element]) {
    guard !elements.isEmpty else { return }
    precondition(!isClosed, "a source that has ended gives no elements")
    watched.change { $0.emitted += elements.count }
    precondition(watched.state.emitted <= capacity, "a source probe has room for \(capacity)")
    _ = topic.offer(elements) { _ in }
  }

  /// Sets a mark behind what was given.
  public func mark(_ mark: Mark) {
    topic.mark(mark)
  }

  /// Says that no element before `instant` will come.
  public func watermark(_ instant: Timestamp) {
    mark(.watermark(instant))
  }

  /// Ends it: readers get what was given, then the end.
  public func end() {
    topic.close()
  }

  /// Fails: readers get what was given, then the error.
  ///
  /// What was first counts, end or failure.
  public func fail(_ error: any Error) {
    guard !topic.isClosed else { return }
    watched.change { $0.failure = error }
    topic.close()
  }

  /// Whether it has ended or failed.
  public var isClosed: Bool { topic.isClosed }
}

/// What is known of the readers of a probe.
struct SourceProbeState: Sendable {
  /// What one reader has asked for and got.
  struct Reader: Sendable {
    /// What it asked for last and did not get.
    var demand = 0
    /// Whether it has asked to be told when there is something.
    var isWaiting = false
    /// Whether the end or a failure was told to it.
    var hasEnded = false
    /// Whether it was released.
    var isGone = false
  }

  var readers: [Reader] = []
  var emitted = 0
  var failure: (any Error)?
  var statistics = SourceProbeStatistics()

  var demand: Int { readers.reduce(0) { $0 + ($1.isGone ? 0 : $1.demand) } }
  var isDemanded: Bool { readers.contains { $0.isWaiting && !$0.isGone } }
  var isCancelled: Bool { readers.contains { $0.isGone && !$0.hasEnded } }
  var isReleased: Bool { !readers.isEmpty && readers.allSatisfy(\.isGone) }
}

/// What the readers of a probe have asked for and got, since it was made.
public struct SourceProbeStatistics: Hashable, Sendable {
  /// How often a reader has asked.
  public internal(set) var polls = 0
  /// Elements handed out.
  public internal(set) var delivered = 0
  /// Answers that held more elements than were asked for: none, if readers keep the rules.
  public internal(set) var overruns = 0
  /// Times at which a reader asked though it had been told of the end: none, if readers keep them.
  public internal(set) var pollsAfterEnd = 0
}
