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
  /// - Parameter report: Hears of what whoever runs it should know; called from any thread.
  /// - Throws: `CancellationError`, or what the source or the sink threw.
  func run(report: @escaping @Sendable (String) -> Void) async throws
}

extension RunnablePipeline {
  /// Works until the source ends; called once, as ``run(report:)``.
  ///
  /// - Throws: `CancellationError`, or what the source or the sink threw.
  public func run() async throws { try await run { _ in } }
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

  /// Whether the pipeline's state is stored with what it writes.
  public enum Checkpoints: Hashable, Sendable {
    /// From what a pipeline went on that is checkpointed.
    public enum Start: String, Hashable, Sendable {
      /// Nothing was stored of it.
      case new
      /// What was stored: it went on as if nothing had happened.
      case resumed
      /// Its state was, but its source has begun another life, which it reads from the start.
      case sourceIsNew = "source is new"
      /// What was stored is of another definition: it has started anew, and writes again what it had
      /// written.
      case changed
    }

    /// It writes no durable topic.
    case none
    /// It is.
    case active(start: Start)
    /// It can't be, for this reason: after a restart it writes some of its results again.
    case impossible(String)

    /// What whoever runs the pipeline should know.
    var news: String? {
      switch self {
      case .none, .active(start: .new), .active(start: .resumed): nil
      case .active(start: .sourceIsNew):
        "goes on with its state, and reads its source from the start: that has begun another life"
      case .active(start: .changed):
        "is another than the one that was stored: it starts anew, and writes all results again"
      case .impossible(let reason):
        "can't be stored with what it writes, so it writes some results again after a restart: "
          + reason
      }
    }
  }

  /// What it is doing.
  public var state = State.ready
  /// Whether its state is stored.
  public var checkpoints = Checkpoints.none
  /// Whether its sink holds it back now.
  public var isHeldBack = false
  /// Why what it writes can't be stored now, such as a durable topic that is full and refuses.
  ///
  /// It is tried again each second, and nothing else is done meanwhile. `nil` if it can be stored.
  public var waitsFor: String?
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
