// SPDX-License-Identifier: Apache-2.0

/// Something a flow can read from, as often as it is asked to.
public protocol FlowSource<Element>: Sendable {
  /// What it holds.
  associatedtype Element: Sendable

  /// The name to show for it.
  var name: String { get }

  /// Opens a reader of its own.
  func makeReader() -> any FlowReader<Element>
}

/// One reading of a source; owned by one consumer.
public protocol FlowReader<Element>: AnyObject {
  /// What it reads.
  associatedtype Element: Sendable

  /// Hands out the next batch, suspends while there is none; asking says that the one before is
  /// consumed.
  ///
  /// - Parameters:
  ///   - limit: The most entries of the batch; it never waits for that many.
  ///   - deadline: When the caller next has something to do.
  /// - Returns: The batch, or `nil` at the end.
  /// - Throws: `CancellationError`, or what the source threw.
  nonisolated(nonsending) func next(
    limit: Int,
    until deadline: Timestamp
  ) async throws
    -> Batch<Element>?

  /// Hands out what is there already, as ``next(limit:until:)`` would; spares a busy reader the
  /// cost of asking for what it could wait for.
  ///
  /// - Parameter limit: The most entries of the batch.
  /// - Returns: The batch, or `nil` when `next` must be asked. Default: always that.
  func take(limit: Int) -> Batch<Element>?
}

extension FlowReader {
  /// Nothing: `next` must be asked.
  public func take(limit: Int) -> Batch<Element>? { nil }
}

extension Cursor: FlowReader {}

/// A topic, read by a cursor of its own for every reading.
public struct TopicSource<Element: Sendable>: FlowSource {
  /// The topic that is read.
  public let topic: Topic<Element>
  /// Where a reading starts.
  public let start: CursorStart
  /// What happens when the topic gets ahead of a reading.
  public let overrun: OverrunPolicy<Element>

  /// The topic's name.
  public var name: String { topic.name }

  /// Opens a cursor.
  public func makeReader() -> any FlowReader<Element> {
    Cursor(topic, from: start, overrun: overrun)
  }
}

extension Topic {
  /// A flow over this topic's entries.
  ///
  /// - Parameters:
  ///   - start: Where each reading starts. Default: only what comes from then on.
  ///   - overrun: What happens when the topic gets ahead. Default: publishers wait.
  ///   - watermarks: Where the watermark comes from. Default: the topic's marks.
  /// - Returns: The flow; nothing is read before somebody iterates over it.
  public func flow(
    from start: CursorStart = .latest,
    overrun: OverrunPolicy<Element> = .holdBack,
    watermarks: WatermarkStrategy<Element> = .fromSource
  ) -> Flow<Identity<Element>> {
    Flow(
      source: TopicSource(topic: self, start: start, overrun: overrun),
      chain: Identity(),
      watermarks: watermarks
    )
  }
}
