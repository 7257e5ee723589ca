// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A sink that takes its time and fails, by the seed of a simulation.
public struct DisturbedSink<Element: Sendable>: FlowSink {
  private let sink: any FlowSink<Element>
  private let simulation: Simulation

  init(_ sink: any FlowSink<Element>, _ simulation: Simulation) {
    self.sink = sink
    self.simulation = simulation
  }

  /// The sink's name.
  public var name: String { sink.name }

  /// Writes the elements, in one or several parts.
  ///
  /// - Throws: ``InjectedFailure`` between two parts; what the sink throws.
  public nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    var rest = elements[...]
    while !rest.isEmpty {
      await simulation.pause()
      try simulation.mayFail(name)
      let count = simulation.happens(oneIn: 2) ? rest.count : 1
      try await sink.write(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
  }

  /// Writes the mark.
  ///
  /// - Throws: ``InjectedFailure``; what the sink throws.
  public nonisolated(nonsending) func write(_ mark: Mark) async throws {
    await simulation.pause()
    try simulation.mayFail(name)
    try await sink.write(mark)
  }
}
