// SPDX-License-Identifier: Apache-2.0
public import Streams
import Synchronization

/// Counts rows and lets them go: where a measured query ends.
public final class CountingSink<Element: Sendable>: FlowSink {
  /// The name to show for it.
  public let name = "count"
  private let rows = Mutex(0)

  /// Makes a sink that has counted nothing.
  public init() {}

  /// How many rows came.
  public var count: Int { rows.withLock { $0 } }

  /// Counts.
  public nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    rows.withLock { $0 += elements.count }
  }

  /// Does nothing.
  public nonisolated(nonsending) func write(_ mark: Mark) async throws {}
}

/// Keeps every row as a line of text: where a checked query ends.
public final class TextSink<Element: NexmarkRow>: FlowSink {
  /// The name to show for it.
  public let name = "text"
  private let text = Mutex(CSVText())

  /// Makes an empty sink.
  public init() {}

  /// The lines so far.
  public var bytes: [UInt8] { text.withLock { $0.bytes } }

  /// Appends the rows.
  public nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    text.withLock { text in
      for element in elements {
        element.write(to: &text)
        text.endRow()
      }
    }
  }

  /// Does nothing.
  public nonisolated(nonsending) func write(_ mark: Mark) async throws {}
}
