// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct CheckpointTests {
  private let place: TemporaryDirectory
  private let log: TestLog

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  private func open(_ name: String, _ definition: String) throws -> OpenedPipeline {
    let answer = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline(name, definition: definition, answer.take)])
    return try answer.get()
  }

  private func states(_ pipeline: PipelineID) throws -> [String: String] {
    var found: [String: String] = [:]
    var after: [UInt8] = []
    while true {
      let request = StateReadRequest(pipeline, after: after, limit: 2)
      let page = try StateReader(log.reader()).read(request)
      guard let last = page.last else { return found }
      for state in page {
        found[String(decoding: state.key, as: UTF8.self)] = String(
          decoding: state.value,
          as: UTF8.self
        )
      }
      after = last.key
    }
  }

  private func change(_ value: String?, _ key: String, _ pipeline: PipelineID) -> StateChange {
    StateChange(value.map { Array($0.utf8) }, for: Array(key.utf8), of: pipeline)
  }

  @Test func `state and output are one commit`() throws {
    let topic = try log.topic("out", StorageRules(maximumBytes: 1_000))
    let pipeline = try open("p", "v1").id
    _ = try log.append(
      LogCommit(
        [LogAppend([[1]], to: topic.id, appended: 1)],
        states: [
          change("1", "a", pipeline), change("2", "b", pipeline), change("3", "c", pipeline),
        ]
      )
    )
    _ = try log.append(
      LogCommit([], states: [change("4", "a", pipeline), change(nil, "b", pipeline)])
    )
    let large = LogAppend([[UInt8](repeating: 0, count: 2_000)], to: topic.id, appended: 1)
    #expect(throws: StorageError.self) {
      _ = try log.append(LogCommit([large], states: [change("9", "a", pipeline)]))
    }
    try log.reopen()
    #expect(try states(pipeline) == ["a": "4", "c": "3"])
    #expect(try log.now(topic).nextOffset == 2)
  }

  @Test func `a changed definition is told and never overwritten silently`() throws {
    let first = try open("p", "v1")
    #expect(!first.wasThere && first.definition == "v1")
    _ = try log.append(LogCommit([], states: [change("1", "a", first.id)]))
    try log.reopen()
    let second = try open("p", "v2")
    #expect(second.wasThere && second.definition == "v1" && second.id == first.id)
    #expect(try states(first.id) == ["a": "1"])
    let answer = Answer<Void>()
    log.writer.serve([.resetPipeline(first.id, definition: "v2", answer.take)])
    try answer.get()
    #expect(try states(first.id) == [:])
    #expect(try open("p", "v2").definition == "v2")
  }

  @Test func `pipelines do not see each other`() throws {
    let (a, b) = (try open("a", "").id, try open("b", "").id)
    _ = try log.append(LogCommit([], states: [change("1", "k", a), change("2", "k", b)]))
    #expect(try states(a) == ["k": "1"])
    #expect(try states(b) == ["k": "2"])
  }

  @Test func `damaged state is told and never given`() throws {
    let pipeline = try open("p", "").id
    _ = try log.append(LogCommit([], states: [change("1", "a", pipeline)]))
    try log.tamper("UPDATE state_blocks SET changes = x'32'")
    let error = #expect(throws: StorageError.self) { _ = try states(pipeline) }
    #expect(error?.reason == .damagedState(pipeline: "p"))
  }

  @Test func `state of a pipeline that was not opened is refused`() throws {
    let unknown = PipelineID(rawValue: 7)
    let error = #expect(throws: StorageError.self) {
      _ = try log.append(LogCommit([], states: [change("1", "a", unknown)]))
    }
    #expect(error?.reason == .unknown(what: "pipeline"))
    let pipeline = try open("p", "").id
    let key = String(repeating: "k", count: StorageLimits.stateKeyBytes + 1)
    for key in ["", key] {
      #expect(throws: StorageError.self) {
        _ = try log.append(LogCommit([], states: [change("1", key, pipeline)]))
      }
    }
  }
}
