// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A source that is slow and fails, by the seed of a simulation.
public struct DisturbedSource<Element: Sendable>: FlowSource {
  private let source: any FlowSource<Element>
  private let simulation: Simulation

  init(_ source: any FlowSource<Element>, _ simulation: Simulation) {
    self.source = source
    self.simulation = simulation
  }

  /// The source's name.
  public var name: String { source.name }
  /// The source's policy.
  public var silencePolicy: SilencePolicy { source.silencePolicy }
  /// The source's plan.
  public var plan: FlowPlan { source.plan }

  /// Opens a reader of the source.
  public func makeReader() -> any FlowReader<Element> {
    DisturbedReader(source.makeReader(), simulation)
  }
}

/// Reads as another reader does, with less at a time, pauses and failures.
private final class DisturbedReader<Element: Sendable>: FlowReader {
  private let reader: any FlowReader<Element>
  private let simulation: Simulation

  init(_ reader: any FlowReader<Element>, _ simulation: Simulation) {
    self.reader = reader
    self.simulation = simulation
  }

  var clock: any EngineClock { reader.clock }
  var wakeTime: Timestamp { reader.wakeTime }
  var promisesSilence: Bool { reader.promisesSilence }
  var isWorking: Bool { reader.isWorking }
  var endInstant: Timestamp? { reader.endInstant }
  var plan: FlowPlan? { reader.plan }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    try simulation.mayFail("source")
    if simulation.happens(oneIn: 4) {
      return .wait(SideWrite(name: "pause", count: 0) { [simulation] in await simulation.pause() })
    }
    return try reader.poll(limit: simulation.random(in: 1...limit), until: deadline)
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    reader.notify(wake)
  }

  func pause() {
    reader.pause()
  }
}
