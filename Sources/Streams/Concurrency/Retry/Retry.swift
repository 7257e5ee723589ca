// SPDX-License-Identifier: Apache-2.0

/// A source that is opened anew when it has failed; see ``Flow/retry(atMost:within:backoff:)``.
public struct RetrySource<Element: Sendable>: FlowSource {
  let input: any FlowSource<Element>
  let limit: Int
  let period: Int64?
  let backoff: Backoff

  /// The name of the input.
  public var name: String { input.name }
  /// The input's plan, and the stage.
  public var plan: FlowPlan { input.plan.followed(by: [StageStatistics("retry")]) }
  /// What becomes of windows that wait for it while the input is silent.
  public var silencePolicy: SilencePolicy { input.silencePolicy }

  /// Starts a reading of the input.
  public func makeReader() -> any FlowReader<Element> { RetryReader(self) }
}

extension Flow {
  /// This flow, read anew when its source or one of its operators has failed.
  ///
  /// After a pause the source is opened again where it starts, with operators as they were made. So
  /// what was read before comes again, as far as the source still has it: from the start of what is
  /// kept with `.earliest`, only what comes from then on with `.latest`. Entries that come again
  /// count as of the newest instant so far. When there were too many failures the flow ends with the
  /// last one. Whether there is one is not in the log, so the result is no function of it.
  ///
  /// ```swift
  /// let quotes = Flow.sequence { feed.connect() }.retry(atMost: 10, within: .seconds(60))
  /// ```
  ///
  /// - Parameters:
  ///   - limit: The most times that it is read anew.
  ///   - period: The time in which these are counted, by the source's clock. Default: all of it.
  ///   - backoff: The pauses. Default: 100 ms, doubled each time, at most 10 s.
  /// - Returns: The flow.
  public func retry(
    atMost limit: Int,
    within period: Duration? = nil,
    backoff: Backoff = Backoff()
  ) -> Flow<Identity<Chain.Output>> {
    precondition(limit >= 1, "a retry happens at least once")
    precondition(period.map { $0 > .zero } ?? true, "retries are counted over some time")
    let source = RetrySource(
      input: self,
      limit: limit,
      period: period?.wholeMilliseconds,
      backoff: backoff
    )
    return Flow<Identity<Chain.Output>>(source: source, chain: Identity())
  }
}
