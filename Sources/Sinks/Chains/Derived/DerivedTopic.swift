// SPDX-License-Identifier: Apache-2.0
import Streams

/// Why a derived topic says nothing more.
public enum DerivedEnding: Hashable, Sendable {
  /// Its `limit` was reached. What it holds can be recovered as long as it is kept; who subscribes
  /// anew gets another one.
  case finished
  /// Its source was closed.
  case sourceClosed
  /// Its source was published faster than the chain could read it, and dropped entries before.
  case overrun
  /// Something else went wrong, described here for whoever runs the server.
  case failed(String)

  /// The code with which a subscription ends because of it: from 2500 the client resubscribes;
  /// `nil` where it need not be ended.
  public var unsubscribeCode: UInt16? {
    switch self {
    case .finished: nil
    case .sourceClosed, .overrun, .failed: 2500
    }
  }
}

/// A topic that a chain writes, with the pipeline between it and its source.
final class DerivedTopic: Sendable {
  /// What it is made of: two that are equal would hold the same.
  struct Key: Hashable, Sendable {
    let source: String
    let sourceEpoch: Epoch
    let plan: ChainPlan
    let start: Offset
    /// Who has it alone; 0 where it is shared.
    var holder: UInt64 = 0

    var isShared: Bool { holder == 0 }
  }

  let key: Key
  let source: Topic<Event>
  let topic: Topic<Event>
  /// What a client names its life by.
  let epochText: String
  let progress = DerivedProgress()
  let pipeline: Pipeline<ChainOperators>
  private let stopped: AsyncStream<Never>
  private let stopper: AsyncStream<Never>.Continuation

  /// Makes one that begins behind an offset of its source.
  init(
    _ plan: ChainPlan,
    of source: Topic<Event>,
    start: Offset,
    retention: Retention,
    overrun: OverrunPolicy<Event>,
    holder: UInt64 = 0
  ) {
    let epoch = DerivedEpoch(plan, source, start: start)
    key = Key(
      source: source.name,
      sourceEpoch: source.epoch,
      plan: plan,
      start: start,
      holder: holder
    )
    self.source = source
    epochText = epoch.text
    // No topic that is published to has such a name.
    let own = holder == 0 ? "" : "&held=\(holder)"
    let name = "\(source.name)?pipe=\(epoch.text)\(own)"
    topic = Topic(
      name,
      retention: retention,
      epoch: epoch.epoch,
      clock: source.clock,
      weigher: .each { $0.weight }
    )
    let reading = DerivedSource(
      topic: source,
      start: start,
      overrun: overrun,
      progress: progress
    )
    pipeline = plan.flow(over: reading).pipeline(name, into: DerivedSink(topic: topic))
    (stopped, stopper) = AsyncStream.makeStream(of: Never.self)
  }

  /// Works until the source ends or it is stopped.
  ///
  /// - Returns: Why it has ended; `nil` if it was stopped.
  func run() async -> DerivedEnding? {
    await withTaskGroup(of: DerivedEnding?.self) { group in
      group.addTask { await self.work() }
      group.addTask {
        for await _ in self.stopped {}
        return nil
      }
      let ending = await group.next() ?? nil
      group.cancelAll()
      return ending
    }
  }

  private func work() async -> DerivedEnding? {
    do {
      try await pipeline.run()
      return source.isClosed ? .sourceClosed : .finished
    } catch is CancellationError {
      return nil
    } catch PublishError.withdrawn {
      return nil
    } catch CursorError.overrun {
      return .overrun
    } catch {
      return .failed("\(error)")
    }
  }

  /// Ends it; what it holds can still be read by who has it.
  func stop() { stopper.finish() }

  /// Whether what comes behind an offset is all there.
  func holds(behind offset: Offset) -> Bool {
    offset < topic.end.next && offset + 1 >= topic.earliest.next
  }
}
