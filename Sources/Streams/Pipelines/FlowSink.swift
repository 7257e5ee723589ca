// SPDX-License-Identifier: Apache-2.0

/// Where a pipeline writes: a topic, or something outside.
public protocol FlowSink<Element>: Sendable {
  /// What it takes.
  associatedtype Element: Sendable

  /// The name to show for it.
  var name: String { get }

  /// Takes all elements, suspends while it has no room for them.
  ///
  /// - Throws: What went wrong; the pipeline then ends with that error.
  nonisolated(nonsending) func write(_ elements: [Element]) async throws

  /// Takes a mark that stands behind everything written so far.
  ///
  /// - Throws: What went wrong; the pipeline then ends with that error.
  nonisolated(nonsending) func write(_ mark: Mark) async throws
}

extension Topic: FlowSink {
  /// Publishes the elements, in parts where they are more than one publish may hold.
  ///
  /// An element that is more than that by itself is left out and counted: it would end the pipeline,
  /// and come again after a restart.
  /// While a durable topic can't be written it is tried again each second.
  /// - Throws: ``PublishError``, or `CancellationError`.
  public nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    do {
      try await Storing.untilPossible(by: clock) { try await publish(elements) }
    } catch PublishError.tooLarge where elements.count > 1 {
      let middle = elements.count / 2
      try await write(Array(elements[..<middle]))
      try await write(Array(elements[middle...]))
    } catch PublishError.tooLarge {
      noteOversized()
    }
  }

  /// Sets the mark.
  public nonisolated(nonsending) func write(_ mark: Mark) async throws {
    guard isDurable else { return self.mark(mark) }
    try await Storing.untilPossible(by: clock) {
      let outcome = OneShot<Result<Void, PublishError>>()
      self.mark(mark) { outcome.settle($0) }
      try await outcome.value().get()
    }
  }
}
