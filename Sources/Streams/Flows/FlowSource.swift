// SPDX-License-Identifier: Apache-2.0

/// Something a flow can read from, as often as it is asked to.
public protocol FlowSource<Element>: Sendable {
  /// What it holds.
  associatedtype Element: Sendable

  /// The name to show for it.
  var name: String { get }

  /// What becomes of windows that wait for it while it is silent. Default: they wait.
  var silencePolicy: SilencePolicy { get }

  /// Opens a reader of its own.
  func makeReader() -> any FlowReader<Element>
}

extension FlowSource {
  /// They wait.
  public var silencePolicy: SilencePolicy { .hold }
}

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
