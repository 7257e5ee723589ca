// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// One life of a pipeline over journals in memory: what is stored outlives it, all else is lost.
struct PipelineLife {
  let clock = ManualClock(1_000_000)
  /// What it reads, stored and read at once.
  let inputs: [JournalProbe]
  /// What it writes beside its output.
  let sides: [JournalProbe]
  let output: JournalProbe

  init(
    reading sources: [JournalProbe.Disk],
    into sink: JournalProbe.Disk,
    sides: [JournalProbe.Disk] = []
  ) {
    inputs = sources.map { JournalProbe($0, isAutomatic: true) }
    self.sides = sides.map { JournalProbe($0) }
    output = JournalProbe(sink)
  }

  /// The topic of a journal, of which little is in memory.
  func topic(_ name: String, _ journal: JournalProbe) -> Topic<Int> {
    Topic(
      name,
      from: journal.origin,
      journal: journal,
      retention: Retention(maximumCount: 16),
      clock: clock
    )
  }

  /// Runs until the sources are read and all is stored, or so many commits are.
  ///
  /// - Parameters:
  ///   - pipeline: The pipeline.
  ///   - commits: How many are stored at most.
  ///   - patience: For how many turns nothing is to store when all is.
  func run(_ pipeline: any RunnablePipeline, commits: Int? = nil, patience: Int = 5_000) async {
    let isOver = Guarded(false)
    let running = Task {
      defer { isOver.withLock { $0 = true } }
      try await pipeline.run()
    }
    var stored = 0
    // Nothing to store for so long that it waits for more input.
    var quiet = 0
    while quiet < patience {
      let waits = output.waitingCommits + inputs.reduce(0) { $0 + $1.waitingReads }
      quiet = waits > 0 ? 0 : quiet + 1
      if output.waitingCommits > 0 {
        if let commits, stored >= commits { break }
        output.store()
        stored += 1
      }
      await Task.yield()
    }
    if case .impossible(let reason) = pipeline.statistics.checkpoints { Issue.record("\(reason)") }
    running.cancel()
    // What was handed over and not stored is lost with the process.
    while !isOver.withLock({ $0 }) {
      if output.waitingCommits > 0 {
        output.store(failing: JournalError(.closed, "the process has ended"))
      }
      await Task.yield()
    }
    _ = try? await running.value
  }
}
