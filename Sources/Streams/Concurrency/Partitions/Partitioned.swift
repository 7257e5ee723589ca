// SPDX-License-Identifier: Apache-2.0

/// A flow divided by key among parallel pipelines; see ``Flow/partitioned(by:into:_:)``.
public struct PartitionedSource<Input: Sendable, Output: Sendable>: FlowSource {
  let input: any FlowSource<Input>
  let count: Int
  let partition: @Sendable (Input) -> Int
  let build: @Sendable (any FlowSource<Input>) -> any FlowSource<Output>

  /// The name of the input.
  public var name: String { input.name }
  /// The input's plan, and the stage.
  public var plan: FlowPlan { input.plan.followed(by: [StageStatistics("partitioned")]) }
  /// What becomes of windows that wait for it while the input is silent.
  public var silencePolicy: SilencePolicy { input.silencePolicy }

  /// Starts a reading of the input; the partitions' tasks start when it is first asked.
  public func makeReader() -> any FlowReader<Output> { PartitionedReader(self) }
}

extension Flow {
  /// This flow divided by key among parallel pipelines, each with a task of its own.
  ///
  /// All elements of a key are in one partition and in order there; which one is the same everywhere.
  /// Watermarks go to all, and the least of what they tell comes out. Results come in the order of
  /// their instants, and at one instant in that of the partitions, block by block of 256 entries. So
  /// with operators that are functions of the log, the result is one, however fast the partitions
  /// are. At most ``PartitionLimits/rounds`` blocks are read ahead, and each partition holds at most
  /// 512 results; a slow consumer holds back the source, but a partition that waits to restart holds
  /// back nobody. The first error of a partition ends all, and so does leaving.
  ///
  /// A partition's part is read in its task alone. So a stage that reads in a task of its own,
  /// `buffer(upTo:)` or `conflate(into:)`, stands before the division or behind it: the program stops
  /// where one reads the part inside of it.
  ///
  /// ```swift
  /// let sessions = clicks.partitioned(by: \.userID, into: 4) { clicks in clicks.map(enriched) }
  /// ```
  ///
  /// - Parameters:
  ///   - key: What an element is about.
  ///   - count: How many partitions, at least 1; more than the machine has cores brings nothing.
  ///   - build: Puts the operators of one partition on its part of the flow; called for each
  ///     partition of each reading.
  /// - Returns: The merged flow.
  public func partitioned<Key: StableHashable, Inner: FlowSource>(
    by key: @escaping @Sendable (Chain.Output) -> Key,
    into count: Int,
    _ build: @escaping @Sendable (Flow<Identity<Chain.Output>>) -> Inner
  ) -> Flow<Identity<Inner.Element>> {
    precondition(count >= 1, "there is at least one partition")
    let supervision = supervision
    let source = PartitionedSource<Chain.Output, Inner.Element>(
      input: self,
      count: count,
      partition: { key($0).partition(of: count) },
      build: { source in
        let part = Flow<Identity<Chain.Output>>(
          source: source,
          chain: Identity(),
          supervision: supervision
        )
        return build(part)
      }
    )
    return Flow<Identity<Inner.Element>>(source: source, chain: Identity())
  }
}
