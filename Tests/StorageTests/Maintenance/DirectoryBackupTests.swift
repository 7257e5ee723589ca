// SPDX-License-Identifier: Apache-2.0
import Foundation
import Streams
import Testing

@testable import Storage

@Suite struct DirectoryBackupTests {
  private let place: TemporaryDirectory
  private let log: TestLog
  private var copy: String { "\(place.path)/copy.db" }
  private var other: String { "\(place.path)/other" }

  /// More than fits into one step of a copy.
  private let texts = (0..<400).map { "\($0) " + String(repeating: "x", count: 2_000) }

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  @Test func `a copy is of the instant when it began, and its reader holds up no commit`() throws {
    let topic = try log.topic("a")
    try log.append(texts, to: topic)
    var steps = 0
    try EventLog.backUp(directory: place.path, to: copy) { copied, total in
      steps += 1
      // Without a transaction of its own the copy would begin anew with each of these.
      #expect(throws: Never.self) { try log.append(["during"], to: topic) }
      return copied <= total && steps < 100
    }
    #expect(steps > 2)
    #expect(try log.now(topic).count == 400 + UInt64(steps))
    #expect(try EventLog.restore(from: copy, into: other) == 1)
    let report = try EventLog.examine(directory: other)
    #expect(report.isSound && report.holder == nil && report.wasClosed)
    #expect(report.topics.map(\.count) == [400])
    #expect(report.topics[0].epoch != topic.epoch)
  }

  @Test func `a copy that is cancelled leaves nothing, and none is written over another file`()
    throws
  {
    try log.append(texts, to: try log.topic("a"))
    let error = #expect(throws: StorageError.self) {
      try EventLog.backUp(directory: place.path, to: copy) { _, _ in false }
    }
    #expect(error?.reason == .cancelled)
    #expect(!Files.exists("\(copy).partial"))
    try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(copy).partial"))
    let exists = #expect(throws: StorageError.self) {
      try EventLog.backUp(directory: place.path, to: copy)
    }
    #expect(exists?.reason == .exists && exists?.path == "\(copy).partial")
    #expect(try String(contentsOfFile: "\(copy).partial", encoding: .utf8) == "mine")
  }

  @Test func `what is left of another database is not mixed with a restored one`() throws {
    try log.append(["1"], to: try log.topic("a"))
    log.writer.close()
    try EventLog.backUp(directory: place.path, to: copy)
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    try Data("left".utf8).write(to: URL(fileURLWithPath: "\(other)/weir.db-wal"))
    let error = #expect(throws: StorageError.self) {
      try EventLog.restore(from: copy, into: other)
    }
    #expect(error?.reason == .exists && error?.path == "\(other)/weir.db-wal")
    #expect(!Files.exists("\(other)/weir.db"))
  }

  @Test func `a restore that is cancelled makes no database`() throws {
    try log.append(["1"], to: try log.topic("a"))
    try EventLog.backUp(directory: place.path, to: copy)
    let error = #expect(throws: StorageError.self) {
      try EventLog.restore(from: copy, into: other) { _, _ in false }
    }
    #expect(error?.reason == .cancelled)
    #expect(try FileManager.default.contentsOfDirectory(atPath: other) == ["weir.lock"])
  }

  @Test func `another program's database and an empty one are not copied`() throws {
    try log.append(["1"], to: try log.topic("a"))
    log.writer.close()
    try log.tamper("PRAGMA application_id = 7")
    let strange = #expect(throws: StorageError.self) {
      try EventLog.backUp(directory: place.path, to: copy)
    }
    #expect(strange?.reason == .notADatabase)
    try Data().write(to: URL(fileURLWithPath: place.database))
    let empty = #expect(throws: StorageError.self) {
      try EventLog.backUp(directory: place.path, to: copy)
    }
    #expect(empty?.reason == .notADatabase && !Files.exists("\(copy).partial"))
  }

  @Test func `a directory without a database is told`() throws {
    let error = #expect(throws: StorageError.self) {
      try EventLog.backUp(directory: "\(place.path)/none", to: copy)
    }
    #expect(error?.reason == .unknown(what: "database"))
    #expect(!Files.exists("\(copy).partial"))
  }
}
