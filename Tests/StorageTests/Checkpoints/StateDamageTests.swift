// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct StateDamageTests {
  private let place: TemporaryDirectory
  private let log: TestLog
  private let pipeline: PipelineID

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
    let answer = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline("p", definition: "", answer.take)])
    pipeline = try answer.get().id
    // Two segments of several blocks each.
    for fill in UInt8(1)...2 {
      let states = (UInt8(0)...200).map { key in
        StateChange([UInt8](repeating: fill, count: 900), for: [key], of: pipeline)
      }
      _ = try log.append(LogCommit([], states: states))
    }
  }

  @Test(arguments: [
    "UPDATE state_blocks SET changes = zeroblob(length(changes))",
    "UPDATE state_blocks SET last_key = x'ff'",
    "UPDATE state_blocks SET checksum = checksum + 1",
    "UPDATE state_blocks SET format = 2",
    "DELETE FROM state_blocks WHERE id & 1023 = 2",
    "DELETE FROM state_segments WHERE oldest = 1",
    "UPDATE state_segments SET blocks = blocks - 1 WHERE oldest = 2",
    "UPDATE state_segments SET status = 3 WHERE oldest = 1",
    "UPDATE state_segments SET newest = 2 WHERE oldest = 1",
  ])
  func `what is not as it was stored is told and never given`(damage: String) throws {
    #expect(try StateModel.read(pipeline, log).count == 201)
    try log.tamper(damage)
    let error = #expect(throws: StorageError.self) { _ = try StateModel.read(pipeline, log) }
    #expect(error?.reason == .damagedState(pipeline: "p"), "\(damage)")
    // Merging does not make it whole, nor fail for others.
    try log.reopen()
    try log.writer.settle(now: 1)
    let again = #expect(throws: StorageError.self) { _ = try StateModel.read(pipeline, log) }
    #expect(again?.reason == .damagedState(pipeline: "p"), "\(damage)")
    #expect(log.writer.trouble == nil)
    log.writer.close()
    #expect(try EventLog.verify(directory: place.path).damagedPipelines == ["p"])
  }

  @Test func `a search that would be led astray is told`() throws {
    try log.tamper("UPDATE state_blocks SET last_key = x'ff' WHERE id & 1023 = 1")
    let request = StateReadRequest(pipeline, after: [40], limit: 1)
    let error = #expect(throws: StorageError.self) {
      _ = try StateReader(log.reader()).read(request)
    }
    #expect(error?.reason == .damagedState(pipeline: "p"))
  }

  @Test func `damaged state can be reset and leaves nothing behind`() throws {
    try log.tamper("UPDATE state_segments SET checksum = 0 WHERE oldest = 1")
    try log.reopen()
    _ = try StateModel(log, seed: 1)
    let answer = Answer<Void>()
    log.writer.serve([.resetPipeline(pipeline, definition: "", answer.take)])
    try answer.get()
    #expect(try StateModel.read(pipeline, log) == [:])
    try log.writer.settle(now: 1)
    log.writer.close()
    #expect(try EventLog.verify(directory: place.path).isSound)
  }

  @Test func `blocks without a segment are told`() throws {
    try log.tamper("DELETE FROM state_segments")
    log.writer.close()
    let report = try EventLog.verify(directory: place.path)
    #expect(report.structure.count == 2 && report.damage.isEmpty)
  }
}
