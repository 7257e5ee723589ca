// SPDX-License-Identifier: Apache-2.0

/// Commits that change much state: it is written in steps before they are served, so that those who
/// publish meanwhile wait for a step and not for all of it.
///
/// While much is to be merged they wait, so that this stays bounded.
struct Staging {
  /// In the order in which they came; the first one is being staged.
  private var waiting: [WriteRequest] = []
  private var bytes = 0
  /// Whether the first one was begun.
  private var isBegun = false
  /// Whether one is in the next transaction.
  private var isServing = false
  /// Whether nothing more comes, and nothing is waited for.
  var isClosing = false

  var isEmpty: Bool { waiting.isEmpty }

  /// Takes those out of a group that are to wait: such commits, and what is about the same pipelines
  /// behind them.
  ///
  /// What waits is bounded as the thread's queue is: what is too much is served as it is, with all that
  /// it would wait behind.
  mutating func hold(_ requests: inout [WriteRequest], _ writer: LogWriter) {
    let isLarge: (WriteRequest) -> Bool = { writer.stagedState(of: $0) != nil }
    guard !isEmpty || requests.contains(where: isLarge) else { return }
    var served: [WriteRequest] = []
    for request in requests {
      let isBehind = isBehind(request, writer)
      if fits(request, writer.settings), isBehind || isLarge(request) {
        waiting.append(request)
        bytes += request.bytes
      } else {
        if isBehind { served += giveUp() }
        served.append(request)
      }
    }
    requests = served
  }

  private func fits(_ request: WriteRequest, _ settings: StorageSettings) -> Bool {
    isEmpty
      || waiting.count < settings.maximumQueuedRequests
        && bytes + request.bytes <= settings.maximumQueuedBytes
  }

  private func isBehind(_ request: WriteRequest, _ writer: LogWriter) -> Bool {
    let pipelines = isEmpty ? [] : Set(writer.pipelines(of: request))
    // Most are publishes, which are about none.
    return !pipelines.isEmpty
      && waiting.contains { !pipelines.isDisjoint(with: writer.pipelines(of: $0)) }
  }

  /// All that waits, in its order.
  private mutating func giveUp() -> [WriteRequest] {
    defer { (waiting, bytes, isBegun) = ([], 0, false) }
    isServing = true
    return waiting
  }

  /// Whether there is a step to do now.
  func isBusy(_ writer: LogWriter) -> Bool {
    !isEmpty && (isClosing || !writer.isMergingTooMuch)
  }

  /// Does a step.
  ///
  /// - Parameter writer: What writes.
  /// - Returns: The request that is to be served next, before all that came later; `nil` if more is to be
  ///   done for it, or none waits.
  mutating func step(_ writer: LogWriter) -> WriteRequest? {
    guard isBusy(writer), let first = waiting.first else { return nil }
    if writer.stage(first, isBegun: isBegun) {
      isBegun = true
      return nil
    }
    bytes -= first.bytes
    (isBegun, isServing) = (false, true)
    return waiting.removeFirst()
  }

  /// Notes that the transaction is over of which those were that have waited.
  mutating func noteServed(_ writer: LogWriter) {
    // They have taken what was staged, unless they were refused.
    if isServing { writer.dropStaged() }
    isServing = false
  }
}

extension LogWriter {
  /// The state that is written before a request is served; `nil` if it is served as it is.
  ///
  /// A commit that moves cursors does not wait: others could overtake it.
  fileprivate func stagedState(of request: WriteRequest) -> StateBlocks? {
    guard case .commit(let commit, _) = request, commit.states.count == 1,
      commit.cursors.isEmpty, commit.states[0].bytes > settings.stateStepBytes
    else { return nil }
    return commit.states[0]
  }

  /// The pipelines whose state a request changes, or speaks of.
  fileprivate func pipelines(of request: WriteRequest) -> [PipelineID] {
    switch request {
    case .commit(let commit, _): commit.states.map(\.pipeline)
    case .resetPipeline(let pipeline, _, _): [pipeline]
    case .openPipeline(let name, _, _): pipelines.filter { $0.value == name }.map(\.key)
    case .append, .openTopic, .deleteTopic, .change, .steps: []
    }
  }

  /// Writes some of the state of a request that will be served; answers whether there is more to do
  /// before it is.
  ///
  /// A commit that would be refused, or whose state can't be written, is served as it is: it is told why.
  /// So is one of which a transaction that failed has taken back what was staged: it would have to begin
  /// again and again where they fail often.
  fileprivate func stage(_ request: WriteRequest, isBegun: Bool) -> Bool {
    guard case .commit(let commit, _) = request, let state = stagedState(of: request) else {
      return false
    }
    do throws(StorageError) {
      if staged?.state !== state {
        if isBegun { return false }
        dropStaged()
        if try refusal(of: commit, connected()) != nil { return false }
      }
      return try stage(state)
    } catch {
      noteUpkeepFailure(error)
      return false
    }
  }
}
