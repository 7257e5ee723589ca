// SPDX-License-Identifier: Apache-2.0

/// One flow for several branches, each with its own contract; a pipeline into a log of its own.
///
/// Branches are flows over that log: they come and go while data flows, and what one of them is slow
/// at changes no other's output. A lossless one holds back the hub, and the hub its source, as long
/// as it is there; without one the hub runs freely and keeps what its retention says. Entries get
/// their instants from the hub's clock, as in any pipeline's output. When the source ends, branches
/// drain what is there and end; when it fails, they then fail with the same error.
///
/// ```swift
/// let hub = orders.broadcast("orders")
/// let audit = hub.branch(.holdBack)
/// let screen = hub.branch(.latest(by: \.symbol))
/// try await hub.run()
/// ```
public final class Hub<Chain: Operator>: RunnablePipeline {
  /// What a branch is given.
  public typealias Element = Chain.Output

  /// The log that the branches read.
  public let topic: Topic<Chain.Output>
  private let pipeline: Pipeline<Chain>
  private let members = HubMembers()

  init(_ flow: Flow<Chain>, into topic: Topic<Chain.Output>) {
    self.topic = topic
    pipeline = Pipeline(topic.name, flow, into: topic)
  }

  /// The name it is known by, that of its log.
  public var name: String { topic.name }
  /// The name of what it reads.
  public var inputName: String { pipeline.inputName }
  /// The name of what it writes, which is its own.
  public var outputName: String { topic.name }
  /// What its pipeline has counted.
  public var statistics: PipelineStatistics { pipeline.statistics }
  /// What the branches have counted that are being read, in the order in which they came.
  public var branches: [BranchStatistics] { members.statistics(upTo: topic.end.next) }

  /// Works until the source ends, then closes the log; called once.
  ///
  /// - Parameter report: Hears of what whoever runs it should know; called from any thread.
  /// - Throws: `CancellationError`, or what the source threw; branches end with the same.
  public func run(report: @escaping @Sendable (String) -> Void) async throws {
    do {
      try await pipeline.run(report: report)
      topic.close()
    } catch {
      members.fail(error)
      topic.close()
      throw error
    }
  }

  /// A branch: a flow over what the hub has from then on.
  ///
  /// Each reading of it is a branch of its own, counted in ``branches`` until it is left; then it
  /// holds nothing back, and nothing of it is kept.
  ///
  /// ```swift
  /// for try await order in hub.branch(.skip, named: "screen") { draw(order) }
  /// ```
  ///
  /// - Parameters:
  ///   - overrun: Its contract: lossless with `.holdBack`, told its gaps with `.skip`, conflating with
  ///     `.latest(by:)`, sampling with `.sample(every:)`, disconnected with `.fail(after:)`.
  ///   - start: Where each reading starts. Default: what comes from then on.
  ///   - name: The name to show for it. Default: the hub's.
  /// - Returns: The flow; a reading begins when somebody iterates over it.
  public func branch(
    _ overrun: OverrunPolicy<Chain.Output>,
    from start: CursorStart = .latest,
    named name: String? = nil
  ) -> Flow<Identity<Chain.Output>> {
    let source = BranchSource(
      topic: topic,
      name: name ?? self.name,
      overrun: overrun,
      start: start,
      members: members
    )
    return Flow<Identity<Chain.Output>>(source: source, chain: Identity())
  }
}

extension Flow {
  /// A hub that gives this flow to several branches.
  ///
  /// See ``Hub``. Somebody must run it.
  ///
  /// ```swift
  /// let hub = orders.broadcast("orders")
  /// ```
  ///
  /// - Parameters:
  ///   - name: The name it is known by.
  ///   - retention: How much of the newest past it keeps, and so how far branches may be apart.
  ///   - clock: Where its entries get their instants from. Default: the system's.
  /// - Returns: The hub; its place in the source is taken.
  public func broadcast(
    _ name: String,
    retention: Retention = Retention(),
    clock: any EngineClock = SystemClock()
  ) -> Hub<Chain> {
    Hub(self, into: Topic(name, retention: retention, clock: clock))
  }
}
