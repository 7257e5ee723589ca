// SPDX-License-Identifier: Apache-2.0
import Operators
import StorageFaults
import Streams
import Testing

@testable import Storage

/// Commits of which the disk can't say whether it has them: nobody is told before that is known.
@Suite struct DoubtTests {
  private let place: TemporaryDirectory
  private let disk = FaultyDisk()
  private var settings = StorageSettings()

  init() throws {
    place = try TemporaryDirectory()
    settings.system = disk.name
    settings.checkpointPages = 20
  }

  /// A request to append a text, and what it is answered.
  private func append(
    _ text: String,
    to topic: StoredTopic
  ) -> (request: WriteRequest, answer: Answer<AppendReceipt>) {
    let answer = Answer<AppendReceipt>()
    let append = LogAppend([Array(text.utf8)], to: topic.id, appended: 1)
    return (.append(AppendRequest(append, answer.take)), answer)
  }

  @Test func `nobody is told before it is known, and nothing else is written`() throws {
    var (stored, lost) = (0, 0)
    for call in 1..<30 {
      let log = try TestLog(place.database, settings: settings)
      defer { log.writer.disconnect() }
      let topic = try log.topic("t\(call)")
      try log.append(["first"], to: topic)
      disk.arm(faults_io, from: call, count: 1 << 40)
      let doubtful = append("doubtful", to: topic)
      log.writer.serve([doubtful.request])
      guard !doubtful.answer.isThere else {
        disk.heal()
        continue
      }
      let refused = append("refused", to: topic)
      log.writer.serve([refused.request])
      #expect(throws: StorageError.self) { try refused.answer.get() }
      #expect(log.writer.trouble?.reason == .inputOutput)
      disk.heal()
      #expect(!doubtful.answer.isThere)
      try log.writer.probe()
      let isStored = (try? doubtful.answer.get()) != nil
      let expected = isStored ? ["first", "doubtful"] : ["first"]
      #expect(try log.texts(topic) == expected, "\(call)")
      try log.append(["last"], to: topic)
      try log.reopen()
      #expect(try log.texts(topic) == expected + ["last"], "\(call)")
      if isStored { stored += 1 } else { lost += 1 }
    }
    #expect(stored > 0 && lost > 0, "\(stored) \(lost)")
  }

  @Test func `what is not known when the log is closed is told so`() throws {
    let log = try TestLog(place.database, settings: settings)
    let topic = try log.topic("t")
    var (call, detail, reason) = (0, "", StorageError.Reason.closed)
    while !detail.contains("before it was known"), call < 30 {
      call += 1
      disk.arm(faults_io, from: call, count: 1 << 40)
      let doubtful = append("x", to: topic)
      log.writer.serve([doubtful.request])
      log.writer.close()
      let error = #expect(throws: StorageError.self) { try doubtful.answer.get() }
      detail = error?.detail ?? ""
      reason = error?.reason ?? .closed
      disk.heal()
    }
    #expect(detail.contains("before it was known"))
    // Who is told so is not told that it is certainly not stored.
    #expect(reason == .doubtful)
  }

  @Test func `topics that were opened in doubt have the rules that they were opened with`() throws {
    var isThere = false
    for call in 1..<30 {
      let log = try TestLog(place.database, settings: settings)
      defer { log.writer.disconnect() }
      let topic = try log.topic("t\(call)")
      let known = try log.topic("known", StorageRules(maximumCount: 5))
      try log.append(["first"], to: topic)
      try log.append(["1", "2", "3", "4", "5", "6"], to: known)
      disk.arm(faults_io, from: call, count: 1)
      let (made, again) = (Answer<StoredTopic>(), Answer<StoredTopic>())
      let doubtful = append("doubtful", to: topic)
      log.writer.serve([
        .openTopic("new\(call)", StorageRules(maximumCount: 7), epoch: nil, made.take),
        .openTopic("known", StorageRules(maximumCount: 3), epoch: nil, again.take),
        doubtful.request,
      ])
      disk.heal()
      guard log.writer.statistics.reconnects > 0, let opened = try? made.get() else { continue }
      isThere = true
      #expect(log.writer.topics[opened.id]?.rules.maximumCount == 7, "\(call)")
      #expect(log.writer.topics[known.id]?.rules.maximumCount == 3, "\(call)")
      // They have more than they keep now.
      #expect(log.writer.overdue.contains(known.id), "\(call)")
    }
    #expect(isThere)
  }

  @Test func `a state without an output is known, too`() throws {
    let log = try TestLog(place.database, settings: settings)
    let model = try StateModel(log, seed: 1)
    var (survived, failed) = (0, 0)
    for run in 0..<80 {
      let call = run / 4 + 1
      #expect(model.commit(3))
      // With the sync the checkpoint of a connection that is closed fails, which would end the doubt.
      disk.arm(faults_io, from: call, count: run % 4 + 1)
      let reconnects = log.writer.statistics.reconnects
      let isStored = model.commit(3)
      let isRefused = !isStored && log.writer.doubtful == nil
      disk.heal()
      if isStored, log.writer.statistics.reconnects > reconnects { survived += 1 }
      let number = model.history.count - 1
      #expect(try model.fault(in: log) == nil)
      // What was refused is not there.
      if isRefused {
        failed += 1
        #expect(model.history.count == number, "\(call)")
      }
    }
    #expect(failed > 0 && survived > 0, "\(failed) \(survived)")
  }

  @Test func `a database that can't be opened again is forgotten nothing of`() throws {
    let log = try TestLog(place.database, settings: settings)
    let topic = try log.topic("t", StorageRules(maximumCount: 7))
    try log.append(["a", "b"], to: topic)
    let known = try log.now(topic)
    var call = 0
    var isOpen = false
    while !isOpen {
      call += 1
      log.writer.disconnect()
      disk.arm(faults_io, from: call)
      isOpen = (try? log.writer.connected()) != nil && disk.calls < call
      disk.heal()
      #expect(try log.now(topic) == known, "\(call)")
    }
    #expect(call > 10)
    try log.append(["c"], to: topic)
    #expect(try log.texts(topic) == ["a", "b", "c"])
  }

  @Test func `an entry is seen when it is acknowledged, also after an error of the disk`()
    async throws
  {
    var (survived, refused) = (0, 0)
    for run in 0..<80 {
      let call = run / 4 + 1
      let place = try TemporaryDirectory()
      let store = try DurableStore(place.path, settings: settings, rules: StorageRules())
      let topic = try store.topics.topic("t")
      try await topic.publish([Event(data: [1])])
      let cursor = Cursor(topic, from: .latest)
      disk.arm(faults_io, from: call, count: run % 4 + 1)
      let receipt = try? await topic.publish([Event(data: [2])])
      disk.heal()
      if let receipt {
        #expect(receipt.lastOffset == 2 && topic.statistics.lastOffset == 2)
        #expect(cursor.take(limit: 10)?.elements.map(\.data) == [[2]], "\(call)")
        if store.log.statistics.reconnects > 0 { survived += 1 }
      } else {
        refused += 1
        #expect(topic.statistics.lastOffset == 1)
        let next = try await topic.publish([Event(data: [3])])
        #expect(next.lastOffset == 2, "\(call)")
      }
      store.log.close()
      let log = try EventLog(directory: place.path)
      let stored = try #require(try await log.topics().first)
      #expect(stored.nextOffset == 3, "\(call)")
      log.close()
    }
    #expect(survived > 0 && refused > 0, "\(survived) \(refused)")
  }

  @Test func `a pipeline goes on once, whatever became of its commit`() async throws {
    var reconnects: UInt64 = 0
    for call in stride(from: 1, to: 60, by: 2) {
      let place = try TemporaryDirectory()
      let store = try DurableStore(place.path, settings: settings, rules: StorageRules())
      let (source, sink) = (try store.topics.topic("in"), try store.topics.topic("out"))
      let counting = source.flow(from: .earliest)
        .scan(UInt8(0)) { count, _ in count += 1 }
        .map { Event(data: [$0]) }
        .pipeline("count", into: sink)
      let running = Task { try await counting.run() }
      try await source.publish([Event(data: [0])])
      while sink.statistics.lastOffset < 1 { await Task.yield() }
      disk.arm(faults_io, from: call, count: 2)
      var published = 1
      for _ in 0..<4 where (try? await source.publish([Event(data: [0])])) != nil { published += 1 }
      disk.heal()
      if (try? await source.publish([Event(data: [0])])) != nil { published += 1 }
      while sink.statistics.lastOffset < Offset(published) { await Task.yield() }
      running.cancel()
      _ = try? await running.value
      reconnects += store.log.statistics.reconnects
      store.log.close()
      let log = try EventLog(directory: place.path)
      let topics = try await log.topics()
      let stored = try #require(topics.first { $0.name == "out" })
      let batch = try await log.read(ReadRequest(stored, after: 0, limit: 100))
      let counts = try batch.entries.map { try EventPayload.decode($0.payload).data }
      #expect(counts == (1...published).map { [UInt8($0)] }, "\(call)")
      log.close()
    }
    #expect(reconnects > 5)
  }
}
