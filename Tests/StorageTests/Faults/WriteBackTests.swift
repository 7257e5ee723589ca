// SPDX-License-Identifier: Apache-2.0
import StorageFaults
import Streams
import Testing

@testable import Storage

@Suite struct WriteBackTests {
  private let place: TemporaryDirectory
  private let disk = FaultyDisk()
  private let log: TestLog
  private let topic: StoredTopic
  private static let pages = 32

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database, on: disk, checkpointPages: Self.pages)
    topic = try log.topic("a")
    try log.help(.byHand)
  }

  /// The most bytes of a log with so many pages: a page has a head of 24 bytes.
  private func bytes(_ pages: Int) -> Int64 { 32 + Int64(pages) * (4_096 + 24) }
  private var walBytes: Int64 { Files.size("\(log.path)-wal") }
  private var text: String { String(repeating: "x", count: 3_000) }

  /// What the thread that writes does between transactions.
  private func turn() throws { try log.writer.writeBackIfDue() }

  /// The same when the disk has no room, but for publishes.
  private func turnWithoutRoom() {
    disk.arm(faults_no_room, from: 1, count: 1 << 40)
    log.writeAside()
    do throws(StorageError) {
      try log.writer.writeBackIfDue()
    } catch {
      log.writer.noteUpkeepFailure(error)
    }
    disk.heal()
  }

  @Test func `what is written back aside is bounded and nothing of it is lost`() throws {
    for number in 0..<400 {
      if number % 3 == 0 { log.writeAside() }
      try log.append([text], to: topic)
      try turn()
    }
    #expect(walBytes <= bytes(4 * Self.pages))
    #expect(log.writer.statistics.checkpoints > 10)
    #expect(log.writer.statistics.forcedCheckpoints == 0)
    #expect(try log.texts(topic, after: 399) == [text])
    try log.reopen()
    #expect(try log.now(topic).nextOffset == 401)
  }

  @Test func `the log begins anew though publishes never pause`() throws {
    log.writer.writeBackThread?.close()
    try log.help(.thread)
    let rules = StorageRules(synchronous: .normal, maximumCount: 100)
    let topic = try log.topic("n", rules)
    // How many commits there are while the thread is at work is chance, and so is who ends it; that the
    // log begins anew is not.
    var (count, begun, last) = (0, 0, log.writer.walFrames.pointee)
    while begun < 3, count < 50_000 {
      try log.append([text], to: topic)
      try turn()
      count += 1
      if count % 200 == 0 { _ = try log.writer.retain(now: 1_000) }
      if log.writer.walFrames.pointee < last { begun += 1 }
      last = log.writer.walFrames.pointee
    }
    #expect(begun >= 3)
    #expect(walBytes <= bytes(16 * Self.pages))
    #expect(log.writer.statistics.failedCheckpoints == 0)
  }

  @Test func `readers that stand in the log make it longer, up to a bound`() throws {
    var reader: Database? = try log.reader()
    var transaction: Transaction?
    if let reader {
      transaction = try Transaction(reading: reader)
      _ = try TopicRow.read(after: 0, limit: 1, reader)
    }
    var number = 0
    while log.writer.walFrames.pointee < 20 * Self.pages {
      try log.append([text], to: topic)
      try turn()
      log.writeAside()
      number += 1
    }
    // Somebody else's program may read for as long as it likes; when it ends, the log is short again.
    #expect(log.writer.statistics.forcedCheckpoints > 0)
    if let transaction = transaction.take() { transaction.end() }
    reader = nil
    for _ in 0..<Self.pages {
      try log.append([text], to: topic)
      try turn()
      log.writeAside()
    }
    #expect(walBytes < bytes(16 * Self.pages))
    #expect(try log.now(topic).count == UInt64(number + Self.pages))
  }

  @Test func `publishes go on when the log can't be written back, and it is told if that lasts`()
    throws
  {
    while log.writer.writeBackThread?.isBusy != true {
      try log.append([text], to: topic)
      try turn()
    }
    turnWithoutRoom()
    #expect(log.writer.statistics.failedCheckpoints == 1)
    #expect(log.writer.trouble?.reason == .diskFull)
    let first = try log.append(["y"], to: topic)
    #expect(log.writer.shownTrouble == nil)
    try turn()
    turnWithoutRoom()
    let second = try log.append(["z"], to: topic)
    #expect(log.writer.trouble == nil && log.writer.shownTrouble?.reason == .diskFull)
    try turn()
    #expect(log.writeAside())
    try turn()
    #expect(log.writer.shownTrouble == nil)
    #expect(second.firstOffset == first.firstOffset + 1)
    #expect(log.writer.statistics.reconnects == 0)
  }

  @Test func `a log that can't be written back is bounded, publishes are refused then`() throws {
    var refused: StorageError?
    for _ in 0..<1_000 where refused == nil {
      do {
        try log.append([text], to: topic)
      } catch {
        refused = error as? StorageError
      }
      turnWithoutRoom()
    }
    #expect(refused?.reason == .diskFull)
    let newest = try log.now(topic).nextOffset
    for _ in 0..<10 { #expect(throws: StorageError.self) { try log.append([text], to: topic) } }
    // A commit takes two or three pages.
    #expect(walBytes <= bytes(16 * Self.pages + 4))
    try turn()
    #expect(try log.append(["z"], to: topic).firstOffset == newest)
    #expect(log.writer.shownTrouble == nil)
  }

  @Test func `an error of the disk in the other thread has the database opened again`() throws {
    var (call, isReached) = (0, true)
    while isReached {
      call += 1
      while log.writer.writeBackThread?.isBusy != true {
        try log.append([text], to: topic)
        try turn()
      }
      let before = log.writer.statistics.reconnects
      disk.arm(faults_io, from: call, count: 1)
      log.writeAside()
      isReached = disk.calls >= call
      disk.heal()
      // What is published before the writing thread hears of it is there too.
      let receipt = try log.append(["between"], to: topic)
      var upkeep = Upkeep()
      upkeep.run(log.writer, now: 1_000)
      #expect((log.writer.database == nil) == isReached, "\(call)")
      try log.append(["after"], to: topic)
      #expect(log.writer.statistics.reconnects == before + (isReached ? 1 : 0))
      #expect(try log.texts(topic, after: receipt.firstOffset - 1) == ["between", "after"])
    }
    #expect(call > 10)
  }

  @Test func `the file of the log is as long from the start as it mostly becomes`() throws {
    #expect(walBytes == bytes(4 * Self.pages))
    for _ in 0..<20 {
      try log.append([text], to: topic)
      #expect(walBytes == bytes(4 * Self.pages))
    }
    // The zeros behind the last frame are none.
    try log.reopen(closing: false)
    #expect(try log.now(topic).nextOffset == 21)
    #expect(walBytes == bytes(4 * Self.pages))
  }

  @Test func `without room the log is as long as it is`() throws {
    let database = try log.writer.connected()
    let before = walBytes
    disk.arm(faults_full, from: 1, count: 1_000)
    try database.fillWriteAhead(pages: 1_000)
    #expect(walBytes == before && disk.calls > 0)
    disk.heal()
    try log.append([text], to: topic)
    #expect(try log.texts(topic) == [text])
  }

  @Test func `without another thread the writing one writes all of it back`() throws {
    log.writer.writeBackThread?.close()
    log.writer.writeBackThread = nil
    for _ in 0..<200 {
      try log.append([text], to: topic)
      try turn()
      // What was there before the first time counts too.
      #expect(log.writer.walFrames.pointee <= 2 * Self.pages)
    }
    #expect(log.writer.statistics.checkpoints > 10)
  }
}
