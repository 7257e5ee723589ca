// SPDX-License-Identifier: Apache-2.0
import Streams

/// Writes into a probe how elements are shown.
struct ShownSink<Element: Sendable>: FlowSink {
  let sink: ProbeSink<String>
  let show: @Sendable (Element) -> String

  var name: String { sink.name }

  nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    try await sink.write(elements.map(show))
  }

  nonisolated(nonsending) func write(_ mark: Mark) async throws {
    try await sink.write(mark)
  }
}
