// SPDX-License-Identifier: Apache-2.0
import Codecs
import Glibc
import Streams
import Synchronization
import Testing
import WeirTesting

@testable import Host

@Suite struct MachineObserverTests {
  let machine = FakeMachine()
  let clock = ManualClock(1_000)
  let reports = Reports()

  final class Reports: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  private func observe(
    _ directory: TopicDirectory,
    files: (any MachineFiles)? = nil,
    body: () async throws -> Void
  ) async throws {
    let observer = MachineObserver(
      publishingTo: directory,
      settings: .init(),
      files: files ?? machine,
      pace: clock,
      report: reports.add
    )
    try await withThrowingTaskGroup { group in
      group.addTask { try await observer.run() }
      try await body()
      group.cancelAll()
    }
  }

  @Test func `a sample compares two readings an interval apart`() async throws {
    let directory = TopicDirectory(clock: clock)
    let cursor = Cursor(try directory.topic("system"))
    try await observe(directory) {
      await clock.sleepers(1)
      machine.set("stat", "cpu 130 0 0 110 0 0 0 0\ncpu0 130 0 0 110\n")
      machine.set("diskstats", " 8 0 sda 1 0 30 0 2 0 25 0 0 0 0\n")
      machine.set("net/dev", "eth0: 4000 1 0 0 0 0 0 0 2500 1 0 0 0 0 0 0\n")
      machine.start(5, "init")
      clock.advance(to: 3_000)
      let event = try #require(try await cursor.next()?.elements.first)
      #expect(event.type == "system.sample")
      #expect(event.time == 3_000)
      #expect(
        String(decoding: event.data, as: UTF8.self) == """
          {"cpu":0.75,"memory":0.25,"memoryUsed":256000,"memoryTotal":1024000,\
          "load1":0.5,"load5":0.25,"load15":0.125,\
          "disk":{"readBytesPerSecond":5120,"writeBytesPerSecond":1280},\
          "network":{"receivedBytesPerSecond":1500,"sentBytesPerSecond":1000},"processes":1}
          """
      )
    }
    #expect(reports.all.isEmpty)
  }

  /// A clock of the wall, that somebody sets.
  private final class WallClock: EngineClock {
    private let time = Mutex<Timestamp>(7_200_000)
    var now: Timestamp { time.withLock { $0 } }
    func set(_ time: Timestamp) { self.time.withLock { $0 = time } }
    func sleep(until deadline: Timestamp) async throws {
      Issue.record("nobody paces by it")
      throw CancellationError()
    }
  }

  @Test(arguments: [3_600_000, 7_200_000, 10_800_000])
  func `a clock that is set in between changes the stamps alone`(_ time: Int64) async throws {
    let wall = WallClock()
    let directory = TopicDirectory(clock: wall)
    let cursor = Cursor(try directory.topic("system"))
    try await observe(directory) {
      await clock.sleepers(1)
      wall.set(Timestamp(milliseconds: time))
      machine.set("diskstats", " 8 0 sda 1 0 30 0 2 0 25 0 0 0 0\n")
      clock.advance(to: 2_000)
      let first = try #require(try await cursor.next()?.elements.first)
      #expect(first.time == Timestamp(milliseconds: time))
      let rate = try JSONView.parse(first.data)["disk"]?["readBytesPerSecond"]?.int
      #expect(rate == 20 * 512)
      await clock.sleepers(1)
      clock.advance(to: 3_000)
      let second = try #require(try await cursor.next()?.elements.first)
      #expect(second.time == Timestamp(milliseconds: time))
    }
  }

  @Test func `the clock it paces by begins with itself, and a sleep on it can be cancelled`()
    async throws
  {
    let steady = SteadyClock()
    #expect(steady.now >= 0)
    #expect(steady.now < 3_600_000)
    try await steady.sleep(until: steady.now)
    await #expect(throws: CancellationError.self) {
      try await withThrowingTaskGroup { group in
        group.addTask { try await steady.sleep(until: 86_400_000) }
        group.cancelAll()
        try await group.next()
      }
    }
  }

  @Test func `a burst of processes is one publish`() async throws {
    let directory = TopicDirectory(clock: clock)
    let cursor = Cursor(try directory.topic("activity"))
    try await observe(directory) {
      await clock.sleepers(1)
      for pid in 100..<700 { machine.start(pid, "worker") }
      clock.advance(to: 2_000)
      let batch = try #require(try await cursor.next(limit: 1_000))
      #expect(batch.elements.count == 600)
    }
  }

  @Test func `a burst beyond half of a small topic goes in parts`() async throws {
    let rules = TopicDirectory.Rules { _ in Retention(maximumCount: 16) }
    let directory = TopicDirectory(rules: rules, clock: clock)
    try await observe(directory) {
      await clock.sleepers(1)
      for pid in 100..<130 { machine.start(pid, "worker") }
      clock.advance(to: 2_000)
      await clock.sleepers(1)
      let topic = try directory.topic("activity")
      #expect(topic.statistics.published == 30)
    }
  }

  @Test func `without proc it says so once and ends`() async throws {
    machine.remove("meminfo")
    let directory = TopicDirectory(clock: clock)
    try await MachineObserver(
      publishingTo: directory,
      settings: .init(),
      files: machine,
      pace: clock,
      report: reports.add
    ).run()
    #expect(reports.all == ["this machine cannot be observed: /proc tells nothing of it"])
    #expect(directory.all.isEmpty)
  }

  @Test func `a topic that is not allowed ends it with the reason`() async {
    let directory = TopicDirectory(rules: .init { _ in nil }, clock: clock)
    let observer = MachineObserver(
      publishingTo: directory,
      settings: .init(),
      files: machine,
      pace: clock,
      report: reports.add
    )
    await #expect(throws: TopicDirectory.Refusal.notAllowed("system")) {
      try await withThrowingTaskGroup { group in
        group.addTask { try await observer.run() }
        await clock.sleepers(1)
        clock.advance(to: 2_000)
        try await group.next()
      }
    }
  }

  @Test(.enabled(if: ProcFiles().text(of: "meminfo") != nil, "needs /proc"))
  func `this very machine can be read`() throws {
    let files = ProcFiles()
    let before = try #require(MachineReading(files, at: 0, instant: 0))
    let after = try #require(MachineReading(files, at: 1_000, instant: 1_000))
    #expect(after.processes.contains { $0.identity.pid == Int(getpid()) })
    let sample = MachineSample(from: before, to: after)
    #expect((0...1).contains(sample.processor))
    #expect((0...1).contains(sample.memory.fraction))
    #expect(try JSONView.parse(sample.data)["processes"]?.int == after.processes.count)
  }
}
