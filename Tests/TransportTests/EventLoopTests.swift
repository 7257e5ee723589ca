// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Testing
import Transport

@Suite struct EventLoopTests {
  /// An actor that lives on a loop and handles nothing.
  private actor Resident: LoopTenant {
    nonisolated let loop: EventLoop
    private var notes: [Int] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) { self.loop = loop }
    func ready(_ events: [ReadyEvent]) {}
    func fire(_ timers: [TimerID]) {}
    func settle() {}
    nonisolated func noteInPlace(_ number: Int) { assumeIsolated { $0.notes.append(number) } }
    func isOnLoop() -> Bool { loop.isCurrent }
    func allNotes() -> [Int] { notes }
  }

  @Test func `the jobs of an actor run on its loop's thread and nowhere else`() async throws {
    let loop = try EventLoop(name: "test")
    let resident = Resident(loop)
    try loop.start(tenant: resident)
    #expect(await resident.isOnLoop())
    #expect(!loop.isCurrent)
    #expect(await loop.run { loop.isIsolatingCurrentContext() } == true)
    loop.stop()
    loop.join()
  }

  @Test func `bodies from many threads all run, each thread's in its order`() async throws {
    let loop = try EventLoop(name: "test")
    let resident = Resident(loop)
    try loop.start(tenant: resident)
    await withTaskGroup { group in
      for sender in 0..<8 {
        group.addTask {
          for number in 0..<1_000 { loop.execute { resident.noteInPlace(sender * 1_000 + number) } }
        }
      }
    }
    let notes = await resident.allNotes()
    #expect(notes.count == 8_000)
    for sender in 0..<8 {
      #expect(notes.filter { $0 / 1_000 == sender } == Array(sender * 1_000..<(sender + 1) * 1_000))
    }
    loop.stop()
    loop.join()
  }

  @Test func `jobs queued before the start wait for it`() async throws {
    let loop = try EventLoop(name: "test")
    let resident = Resident(loop)
    loop.execute { resident.noteInPlace(1) }
    async let notes = resident.allNotes()
    try loop.start(tenant: resident)
    #expect(await notes == [1])
    loop.stop()
    loop.join()
  }

  @Test func `jobs that come after the end still run, one after another`() async throws {
    let loop = try EventLoop(name: "test")
    let resident = Resident(loop)
    try loop.start(tenant: resident)
    loop.stop()
    loop.join()
    for number in 0..<100 { loop.execute { resident.noteInPlace(number) } }
    #expect(await resident.allNotes() == Array(0..<100))
    #expect(await resident.isOnLoop())
  }

  @Test func `a loop stopped before its start runs what waits`() async throws {
    let loop = try EventLoop(name: "test")
    let resident = Resident(loop)
    loop.execute { resident.noteInPlace(7) }
    loop.stop()
    #expect(await resident.allNotes() == [7])
  }

  @Test func `an ended loop lets go of its tenant and of itself`() throws {
    weak var endedLoop: EventLoop?
    weak var endedTenant: ProbeTenant?
    do {
      let loop = try EventLoop(name: "test")
      let tenant = ProbeTenant(loop)
      (endedLoop, endedTenant) = (loop, tenant)
      try loop.start(tenant: tenant)
      loop.stop()
      loop.join()
    }
    #expect(endedLoop == nil)
    #expect(endedTenant == nil)
  }

  @Test func `several threads may wait for the end`() async throws {
    let loop = try EventLoop(name: "test")
    try loop.start()
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          loop.stop()
          loop.join()
        }
      }
    }
  }
}
