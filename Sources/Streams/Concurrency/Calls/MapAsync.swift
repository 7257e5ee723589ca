// SPDX-License-Identifier: Apache-2.0

/// What asynchronous calls make of the elements of a flow; see ``Flow/mapAsync(concurrency:ordered:timeout:_:)``.
public struct MapAsyncSource<Input: Sendable, Output: Sendable>: FlowSource {
  let input: any FlowSource<Input>
  let concurrency: Int
  let isOrdered: Bool
  let timeout: Duration?
  let call: @Sendable (Input) async throws -> Output
  var stage: String { "mapAsync" }

  /// The name of the input.
  public var name: String { input.name }
  /// The input's plan, and the stage.
  public var plan: FlowPlan { input.plan.followed(by: [StageStatistics(stage)]) }
  /// What becomes of windows that wait for it while the input is silent.
  public var silencePolicy: SilencePolicy { input.silencePolicy }

  /// Starts a reading of the input; calls are made as it is read.
  public func makeReader() -> any FlowReader<CallOutcome<Output>> { MapAsyncReader(self) }
}

extension Flow {
  /// What asynchronous calls make of each element, several of them at a time.
  ///
  /// In order, a result comes when those before it have, at its element's instant: so it is a
  /// function of the log as far as the calls are. Out of order it comes as soon as it is there, at
  /// that instant or that of the newest result before it; but no result crosses a watermark, either
  /// way. At most `concurrency` elements and a batch more are read ahead of the results.
  ///
  /// A call that throws, or takes too long, is an element that failed: see ``supervised(_:)``, whose
  /// policy is taken over here and may be set anew behind. `.restart` does not call again: under it
  /// such a failure ends the flow at once, so retry within the call. Calls that run when the reader
  /// leaves are cancelled, and what they return after that is dropped.
  ///
  /// ```swift
  /// let pages = links.mapAsync(concurrency: 8, timeout: .seconds(5)) { try await fetch($0) }
  /// ```
  ///
  /// - Parameters:
  ///   - concurrency: The most calls that run at once.
  ///   - ordered: Whether results come in the order of their elements. Default true.
  ///   - timeout: How long a call may take, by the source's clock. It is then cancelled and fails with
  ///     ``CallTimeout``; until it answers it counts as one that runs. Default: any time.
  ///   - call: The call.
  /// - Returns: The flow of results.
  public func mapAsync<Output: Sendable>(
    concurrency: Int,
    ordered: Bool = true,
    timeout: Duration? = nil,
    _ call: @escaping @Sendable (Chain.Output) async throws -> Output
  ) -> Flow<CallOutcomes<Output>> {
    precondition(concurrency >= 1, "at least one call runs at a time")
    precondition(timeout.map { $0 > .zero } ?? true, "a call may take some time")
    let source = MapAsyncSource(
      input: self,
      concurrency: concurrency,
      isOrdered: ordered,
      timeout: timeout,
      call: call
    )
    return Flow<CallOutcomes<Output>>(
      source: source,
      chain: CallOutcomes(),
      supervision: supervision
    )
  }
}
