// SPDX-License-Identifier: Apache-2.0

/// A pipeline of any type: what a host starts, draws and counts.
public protocol RunnablePipeline: AnyObject, Sendable {
  /// The name it is known by.
  var name: String { get }
  /// The name of what it reads.
  var inputName: String { get }
  /// The name of what it writes.
  var outputName: String { get }
  /// What it has counted; exact while it waits for its source.
  var statistics: PipelineStatistics { get }

  /// Works until the source ends; called once.
  ///
  /// - Throws: `CancellationError`, or what the source or the sink threw.
  func run() async throws
}

/// What a pipeline can't be asked to do.
public enum PipelineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It was run before; it runs once.
  case started

  /// What happened and what helps.
  public var description: String { "the pipeline was run before; make a new one" }
}

/// What a pipeline has counted since it was made.
public struct PipelineStatistics: Hashable, Sendable {
  /// What a pipeline is doing.
  public enum State: Hashable, Sendable {
    /// Made, not started.
    case ready
    /// At work, or waiting for its source.
    case running
    /// Its source has ended and everything is written.
    case finished
    /// Its task was cancelled.
    case stopped
    /// It ended with an error, described here.
    case failed(String)

    /// One word for it.
    public var name: String {
      switch self {
      case .ready: "ready"
      case .running: "running"
      case .finished: "finished"
      case .stopped: "stopped"
      case .failed: "failed"
      }
    }
  }

  /// What it is doing.
  public var state = State.ready
  /// Whether its sink holds it back now.
  public var isHeldBack = false
  /// What came from the source.
  public var source = DriverCounters()
  /// Elements written to the sink.
  public var written: UInt64 = 0
  /// The watermark it has reached.
  public var watermark = Timestamp.distantPast
  /// What it consists of, with what each part has let through; to be drawn and explained.
  public var plan: FlowPlan
  /// Its stages, in order.
  public var stages: [StageStatistics] { plan.stages }

  /// The sum of one counter over all stages.
  public func total(_ counter: String) -> UInt64 {
    stages.reduce(0) { $0 + $1[counter] }
  }
}

extension Flow {
  /// A pipeline that writes this flow into `sink`; see ``Pipeline``.
  public func pipeline(
    _ name: String,
    into sink: any FlowSink<Chain.Output>
  ) -> Pipeline<Chain> {
    Pipeline(name, self, into: sink)
  }
}
