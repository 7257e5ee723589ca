// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct StateCostTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  private func open(_ log: TestLog) throws -> PipelineID {
    let answer = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline("p", definition: "", answer.take)])
    return try answer.get().id
  }

  private func changes(_ keys: some Sequence<Int>, _ pipeline: PipelineID) -> [StateChange] {
    keys.map { key in
      let bytes = withUnsafeBytes(of: key.bigEndian) { Array($0) }
      return StateChange([UInt8](repeating: UInt8(key & 255), count: 100), for: bytes, of: pipeline)
    }
  }

  @Test func `a checkpoint writes little more than what has changed`() throws {
    let log = try TestLog(place.database)
    let pipeline = try open(log)
    for start in stride(from: 0, to: 40_000, by: 10_000) {
      _ = try log.append(LogCommit([], states: changes(start..<start + 10_000, pipeline)))
    }
    try log.writer.settle(now: 1)
    try log.reopen(closing: true)
    _ = try open(log)
    let before = log.writer.walFrames.pointee
    let changed = changes(stride(from: 0, to: 40_000, by: 100), pipeline)
    _ = try log.append(LogCommit([], states: changed))
    let written = Int(log.writer.walFrames.pointee - before) * (4_096 + 24)
    #expect(written < 2 * 400 * 108, "\(written)")
  }

  @Test func `what is stored and merged is bounded, however often a state changes`() throws {
    var settings = StorageSettings()
    settings.stateStepBytes = 32 << 10
    let log = try TestLog(place.database, settings: settings)
    let pipeline = try open(log)
    _ = try log.append(LogCommit([], states: changes(0..<20_000, pipeline)))
    var random = SeededRandom(seed: 3)
    var (most, largest) = (0, Int64(0))
    for _ in 0..<300 {
      let keys = (0..<200).map { _ in Int.random(in: 0..<20_000, using: &random) }
      _ = try log.append(LogCommit([], states: changes(keys, pipeline)))
      // As much as there is time for between two transactions.
      _ = try log.writer.mergeStates()
      _ = try log.writer.giveBack()
      let live = try log.writer.segments(log.writer.connected()).live(pipeline)
      most = max(most, live.count)
      largest = max(largest, live.reduce(0) { $0 + $1.bytes })
    }
    #expect(most < 96)
    // A hundredth of the state at a time, and little time between: what is worthless is bounded too.
    #expect(largest < 20_000 * 114 * 5 / 2)
    let statistics = log.writer.statistics
    #expect(statistics.mergedBytes < 8 * statistics.stateBytes)
    try log.writer.settle(now: 1)
    let pages = Int64(try log.writer.connected().number("page_count"))
    // The state, as much again while it is merged, and the free pages that are kept.
    #expect(pages * 4_096 < 20_000 * 114 * 3 + 5 << 20)
  }

  /// Entries of a table of a program's operator, of so many bytes each.
  private func entries(
    _ keys: Range<Int>,
    ofTable number: UInt8,
    bytes: Int,
    _ pipeline: PipelineID
  ) -> [StateChange] {
    keys.map { key in
      let name =
        [StateKey.entry, 0, 0, 0, number, 0] + withUnsafeBytes(of: key.bigEndian, Array.init)
      return StateChange([UInt8](repeating: number, count: bytes), for: name, of: pipeline)
    }
  }

  private func storedBytes(_ log: TestLog, _ pipeline: PipelineID) throws -> Int64 {
    try log.writer.segments(log.writer.connected()).live(pipeline).reduce(0) { $0 + $1.bytes }
  }

  @Test(arguments: [false, true])
  func `a table that is gone is given back by one change`(isReopened: Bool) throws {
    let log = try TestLog(place.database)
    let pipeline = try open(log)
    for table in 1...4 as ClosedRange<UInt8> {
      let some = entries(0..<2_000, ofTable: table, bytes: 1_000, pipeline)
      _ = try log.append(LogCommit([], states: some))
    }
    try log.writer.settle(now: 1)
    let all = try storedBytes(log, pipeline)
    #expect(all > 8_000_000)
    for table in [2, 3] as [UInt8] {
      let gone = StateChange([], for: [StateKey.dropped, 0, 0, 0, table], of: pipeline)
      _ = try log.append(LogCommit([], states: [gone]))
      // A quarter may stay; more than a third of what is kept may not.
      #expect(try storedBytes(log, pipeline) >= all)
      if table == 2 { try log.writer.settle(now: 1) }
      #expect(try storedBytes(log, pipeline) >= all)
    }
    if isReopened { try log.reopen() }
    try log.writer.settle(now: 1)
    #expect(try storedBytes(log, pipeline) < all / 2 + 100_000)
    #expect(try log.writer.segments(log.writer.connected()).dead.isEmpty)
  }

  @Test func `what is superseded is given back after a day at the latest`() throws {
    let log = try TestLog(place.database)
    let pipeline = try open(log)
    let large = StateChange([UInt8](repeating: 1, count: 4 << 20), for: [9, 9], of: pipeline)
    _ = try log.append(LogCommit([], states: [large] + changes(0..<10_000, pipeline)))
    let day: Int64 = 86_400_000
    try log.writer.settle(now: 1)
    _ = try log.append(LogCommit([], states: [StateChange(nil, for: [9, 9], of: pipeline)]))
    try log.writer.settle(now: 1_000)
    try log.writer.settle(now: Timestamp(milliseconds: day + 999))
    #expect(try storedBytes(log, pipeline) > 4 << 20)
    try log.writer.settle(now: Timestamp(milliseconds: day + 1_000))
    #expect(try storedBytes(log, pipeline) < 2 << 20)
  }
}
