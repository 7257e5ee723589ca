// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

/// Commits of much state, which is written in steps before they are served.
@Suite final class StagingTests {
  private let place: TemporaryDirectory
  private let log: TestLog
  private let pipeline: PipelineID
  private let topic: StoredTopic

  init() throws {
    place = try TemporaryDirectory()
    var settings = StorageSettings()
    settings.stateStepBytes = 64 << 10
    log = try TestLog(place.database, settings: settings)
    topic = try log.topic("t", StorageRules(maximumBytes: 10_000, atLimit: .refuse))
    pipeline = try Self.open(log)
  }

  private static func open(_ log: TestLog) throws -> PipelineID {
    let answer = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline("p", definition: "", answer.take)])
    return try answer.get().id
  }

  /// A commit of twenty blocks with this value.
  private func commit(
    _ value: UInt8,
    appending payload: Int? = nil,
    _ answer: Answer<[AppendReceipt]> = Answer()
  ) -> WriteRequest {
    let states = (0..<20).map { key in
      StateChange([UInt8](repeating: value, count: 32_000), for: [UInt8(key)], of: pipeline)
    }
    let appends = payload.map { count in
      [LogAppend([[UInt8](repeating: value, count: count)], to: topic.id, appended: 1)]
    }
    return .commit(LogCommit(appends ?? [], states: states), answer.take)
  }

  /// The values that the state has, and how many keys.
  private func values(_ log: TestLog) throws -> [UInt8: Int] {
    let state = try StateModel.read(pipeline, log)
    return Dictionary(grouping: state.values.map { $0[0] }) { $0 }.mapValues(\.count)
  }

  private func blocks(_ log: TestLog) throws -> Int64 {
    let database = try log.writer.connected()
    let statement = try Statement("SELECT count(*) FROM state_blocks", operation: "count", database)
    return try statement.step() ? statement.int64(0) : -1
  }

  /// Lets what is staged come as far as the last step.
  private func stage(_ staging: inout Staging, steps: Int) {
    for _ in 0..<steps { #expect(staging.step(log.writer) == nil) }
  }

  @Test func `what is published meanwhile is served between the steps`() throws {
    log.serveStaged(commit(1))
    var staging = Staging()
    let answer = Answer<[AppendReceipt]>()
    var group = [commit(2, appending: 10, answer)]
    staging.hold(&group, log.writer)
    #expect(group.isEmpty && staging.isBusy(log.writer))
    var steps = 0
    while group.isEmpty {
      steps += 1
      try log.append(["\(steps)"], to: topic)
      #expect(try values(log) == [1: 20])
      if let ready = staging.step(log.writer) { group = [ready] }
    }
    // Each writes three blocks; two are left.
    #expect(steps == 6)
    let before = log.writer.walFrames.pointee
    log.writer.serve(group)
    staging.noteServed(log.writer)
    #expect(try answer.get()[0].firstOffset == 7)
    #expect(try values(log) == [2: 20])
    // Its transaction writes the last of the blocks alone.
    #expect(log.writer.walFrames.pointee - before < 30)
    #expect(staging.isEmpty && log.writer.staged == nil)
  }

  @Test func `little state, and what holds none, does not wait`() throws {
    var staging = Staging()
    let small = WriteRequest.commit(
      LogCommit([], states: [StateChange([1], for: [1], of: pipeline)]),
      Answer<[AppendReceipt]>().take
    )
    var group = [small, .deleteTopic(topic.id, Answer<Void>().take)]
    staging.hold(&group, log.writer)
    #expect(group.count == 2 && staging.isEmpty)
  }

  @Test func `what changes the same pipeline stays behind it`() throws {
    var staging = Staging()
    let change = LogCommit([], states: [StateChange([9], for: [0], of: pipeline)])
    let reset = WriteRequest.resetPipeline(pipeline, definition: "", Answer<Void>().take)
    var group = [commit(1), .commit(change, Answer<[AppendReceipt]>().take)]
    staging.hold(&group, log.writer)
    var later = [reset, commit(2)]
    staging.hold(&later, log.writer)
    #expect(group.isEmpty && later.isEmpty)
    var seen: [[UInt8: Int]] = []
    while !staging.isEmpty {
      guard let ready = staging.step(log.writer) else { continue }
      log.writer.serve([ready])
      staging.noteServed(log.writer)
      seen.append(try values(log))
    }
    #expect(seen == [[1: 20], [1: 19, 9: 1], [:], [2: 20]])
  }

  @Test func `what the end of the process leaves is deleted`() throws {
    log.serveStaged(commit(1))
    try log.writer.settle(now: 1)
    let before = try blocks(log)
    for isClosing in [false, true] {
      var (staging, group) = (Staging(), [commit(2)])
      staging.hold(&group, log.writer)
      stage(&staging, steps: 5)
      #expect(try blocks(log) > before)
      try log.reopen(closing: isClosing)
      _ = try Self.open(log)
      #expect(try values(log) == [1: 20])
      try log.writer.settle(now: 1)
      #expect(try blocks(log) == before)
    }
  }

  @Test func `a commit that is refused leaves nothing`() throws {
    log.serveStaged(commit(1))
    try log.writer.settle(now: 1)
    let before = try blocks(log)
    let answers = [Answer<[AppendReceipt]>(), Answer<[AppendReceipt]>()]
    // There is no room for it at all: no step is taken.
    let frames = log.writer.walFrames.pointee
    log.serveStaged(commit(2, appending: 9_999, answers[0]))
    #expect(throws: StorageError.self) { try answers[0].get() }
    #expect(log.writer.walFrames.pointee - frames < 5)
    // There was room when it was begun.
    var (staging, group) = (Staging(), [commit(3, appending: 5_000, answers[1])])
    staging.hold(&group, log.writer)
    stage(&staging, steps: 5)
    try log.append([String(repeating: "x", count: 6_000)], to: topic)
    while group.isEmpty { if let ready = staging.step(log.writer) { group = [ready] } }
    log.writer.serve(group)
    staging.noteServed(log.writer)
    #expect(throws: StorageError.self) { try answers[1].get() }
    #expect(try values(log) == [1: 20])
    try log.writer.settle(now: 1)
    #expect(try blocks(log) == before)
  }

  @Test func `a transaction that fails meanwhile loses nothing of it`() throws {
    var (staging, answer) = (Staging(), Answer<[AppendReceipt]>())
    var group = [commit(1, answer)]
    staging.hold(&group, log.writer)
    stage(&staging, steps: 5)
    // All that is known of states is read anew.
    log.writer.forgetStates()
    while group.isEmpty { if let ready = staging.step(log.writer) { group = [ready] } }
    log.writer.serve(group)
    staging.noteServed(log.writer)
    _ = try answer.get()
    #expect(try values(log) == [1: 20])
    try log.writer.settle(now: 1)
    #expect(try blocks(log) == 20)
  }

  @Test func `while much is to be merged it waits, unless that fails or all ends`() throws {
    var (staging, group) = (Staging(), [commit(1)])
    staging.hold(&group, log.writer)
    log.writer.mergeDebt = 1 << 30
    #expect(!staging.isBusy(log.writer) && staging.step(log.writer) == nil)
    #expect(try blocks(log) == 0)
    staging.isClosing = true
    #expect(staging.isBusy(log.writer))
    staging.isClosing = false
    let full = StorageError(.diskFull, operation: "merge state", path: place.database)
    log.writer.noteUpkeepFailure(full)
    #expect(staging.isBusy(log.writer))
    log.writer.mergeDebt = 1 << 30
    // Merging finds nothing left.
    _ = try log.writer.mergeStates()
    #expect(staging.isBusy(log.writer))
  }

  @Test func `more than may wait is served as it is, behind what it would wait for`() throws {
    var settings = log.settings
    settings.maximumQueuedBytes = 700_000
    let small = try TestLog(place.database + "2", settings: settings)
    let pipelines = try ["p", "q"].map { name in
      let answer = Answer<OpenedPipeline>()
      small.writer.serve([.openPipeline(name, definition: "", answer.take)])
      return try answer.get().id
    }
    func commit(_ value: UInt8, of pipeline: Int) -> WriteRequest {
      let states = (0..<20).map { key in
        StateChange(
          [UInt8](repeating: value, count: 32_000),
          for: [UInt8(key)],
          of: pipelines[pipeline]
        )
      }
      return .commit(LogCommit([], states: states), Answer<[AppendReceipt]>().take)
    }
    var staging = Staging()
    var group = [commit(1, of: 0)]
    staging.hold(&group, small.writer)
    #expect(group.isEmpty)
    // Another pipeline's does not fit beside it.
    group = [commit(2, of: 1)]
    staging.hold(&group, small.writer)
    #expect(group.count == 1 && !staging.isEmpty)
    #expect(staging.step(small.writer) == nil)
    // Nor does one of the same pipeline, which must not overtake it.
    group = [commit(3, of: 0)]
    staging.hold(&group, small.writer)
    #expect(group.count == 2 && staging.isEmpty)
    small.writer.serve(group)
    staging.noteServed(small.writer)
    #expect(small.writer.staged == nil)
    let state = try StateModel.read(pipelines[0], small)
    #expect(state.values.allSatisfy { $0[0] == 3 } && state.count == 20)
  }

  @Test func `what opens a pipeline stays behind its commit`() throws {
    var staging = Staging()
    let open = WriteRequest.openPipeline("p", definition: "", Answer<OpenedPipeline>().take)
    let other = WriteRequest.openPipeline("q", definition: "", Answer<OpenedPipeline>().take)
    var group = [commit(1), open, other]
    staging.hold(&group, log.writer)
    #expect(group.count == 1)
  }

  @Test func `what failing transactions take back is not staged again and again`() throws {
    var (staging, group, steps) = (Staging(), [commit(1)], 0)
    staging.hold(&group, log.writer)
    while group.isEmpty {
      steps += 1
      if let ready = staging.step(log.writer) { group = [ready] }
      log.writer.forgetStates()
    }
    #expect(steps == 2)
    log.writer.serve(group)
    staging.noteServed(log.writer)
    #expect(try values(log) == [1: 20])
    try log.writer.settle(now: 1)
    #expect(try blocks(log) == 20)
  }
}
