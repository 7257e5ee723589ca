// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct StateOracleTests {
  private func makeLog(_ place: TemporaryDirectory) throws -> TestLog {
    var settings = StorageSettings()
    settings.stateStepBytes = 2_000
    settings.checkpointPages = 50
    return try TestLog(place.database, settings: settings)
  }

  @Test func `a state is what its changes say, over merges, restarts and resets`() throws {
    for seed in seeds(12) {
      let place = try TemporaryDirectory()
      let log = try makeLog(place)
      var random = SeededRandom(seed: seed &* 31)
      let model = try StateModel(log, seed: seed)
      var steps: UInt64 = 0
      for round in 0..<100 {
        #expect(model.commit(Int.random(in: 0...12, using: &random)))
        let before = log.writer.statistics.mergeSteps
        for _ in 0..<Int.random(in: 0...3, using: &random) { model.merge() }
        steps += log.writer.statistics.mergeSteps - before
        if Int.random(in: 0..<40, using: &random) == 0 { try log.reopen(closing: seed % 2 == 0) }
        // A pipeline has to be opened again after a restart.
        _ = try StateModel(log, seed: 0)
        if Int.random(in: 0..<100, using: &random) == 0 { try model.reset() }
        let limit = [1, 3, 1_000].randomElement(using: &random) ?? 1
        let fault = try model.fault(in: log, limit: limit)
        #expect(fault == nil, "seed \(seed), round \(round)")
      }
      #expect(steps > 5)
      try log.writer.settle(now: 1)
      #expect(try model.fault(in: log) == nil)
    }
  }

  @Test func `pipelines are merged in turn and do not mix`() throws {
    let place = try TemporaryDirectory()
    let log = try makeLog(place)
    let models = try (0..<5).map { try StateModel(log, "p\($0)", seed: UInt64($0)) }
    for _ in 0..<60 {
      for model in models {
        #expect(model.commit())
        model.merge()
      }
    }
    for model in models { #expect(try model.fault(in: log, limit: 7) == nil) }
    try log.writer.settle(now: 1)
    for model in models {
      #expect(try model.fault(in: log) == nil)
      let table = try log.writer.segments(log.writer.connected())
      #expect(table.live(model.pipeline).count < 2 * MergePlan.fanIn)
      #expect(table.dead.isEmpty)
    }
  }

  @Test func `a group with several commits and a reset is one after the other`() throws {
    let place = try TemporaryDirectory()
    let log = try makeLog(place)
    let pipeline = try StateModel(log, seed: 1).pipeline
    func commit(_ value: UInt8?, _ keys: [UInt8]) -> WriteRequest {
      let states = keys.map { StateChange(value.map { [$0] }, for: [$0], of: pipeline) }
      return .commit(LogCommit([], states: states), Answer<[AppendReceipt]>().take)
    }
    log.writer.serve([commit(1, [3, 1, 2]), commit(2, [2, 4]), commit(nil, [1])])
    #expect(try StateModel.read(pipeline, log) == [[2]: [2], [3]: [1], [4]: [2]])
    let reset = WriteRequest.resetPipeline(pipeline, definition: "", Answer<Void>().take)
    log.writer.serve([commit(5, [9]), reset, commit(6, [3])])
    #expect(try StateModel.read(pipeline, log) == [[3]: [6]])
    try log.writer.settle(now: 1)
    #expect(try StateModel.read(pipeline, log) == [[3]: [6]])
  }

  @Test func `what is deleted leaves nothing behind`() throws {
    let place = try TemporaryDirectory()
    let log = try makeLog(place)
    let pipeline = try StateModel(log, seed: 1).pipeline
    func change(_ value: [UInt8]?) throws {
      let states = (UInt8.min...UInt8.max).map { StateChange(value, for: [$0], of: pipeline) }
      _ = try log.append(LogCommit([], states: states))
    }
    for _ in 0..<2 {
      try change([UInt8](repeating: 1, count: 6_000))
      try change(nil)
      try log.writer.settle(now: 1)
      #expect(try StateModel.read(pipeline, log) == [:])
    }
    try change([1])
    let answer = Answer<Void>()
    log.writer.serve([.resetPipeline(pipeline, definition: "", answer.take)])
    try answer.get()
    #expect(try StateModel.read(pipeline, log) == [:])
    try log.writer.settle(now: 1)
    #expect(try count("state_blocks", log) == 0)
    #expect(try count("state_segments", log) == 0)
  }

  private func count(_ table: String, _ log: TestLog) throws -> Int64 {
    let database = try log.writer.connected()
    let statement = try Statement("SELECT count(*) FROM \(table)", operation: "count", database)
    return try statement.step() ? statement.int64(0) : -1
  }
}
