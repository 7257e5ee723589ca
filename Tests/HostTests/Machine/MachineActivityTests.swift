// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Host

@Suite struct MachineActivityTests {
  let machine = FakeMachine()

  private func reading(_ time: Timestamp = 0) throws -> MachineReading {
    try #require(MachineReading(machine, at: time, instant: time))
  }

  private func told(_ events: [Event]) -> [String] {
    events.map { "\($0.type) \($0.subject ?? "-") \(String(decoding: $0.data, as: UTF8.self))" }
  }

  @Test func `processes that were there at the start are never told of`() throws {
    machine.start(7, "old")
    var activity = MachineActivity(.init(), startingAt: try reading())
    #expect(activity.update(try reading(1)).isEmpty)
    machine.end(7)
    #expect(activity.update(try reading(2)).isEmpty)
  }

  @Test func `a start and an end are told once each`() throws {
    var activity = MachineActivity(.init(), startingAt: try reading())
    machine.start(8, "make")
    let started = activity.update(try reading(1_000))
    #expect(told(started) == [#"process.started make {"name":"make","pid":8}"#])
    #expect(started.first?.time == 1_000)
    #expect(activity.update(try reading(2_000)).isEmpty)
    machine.end(8)
    let ended = activity.update(try reading(3_000))
    #expect(told(ended) == [#"process.ended make {"name":"make","pid":8}"#])
    #expect(activity.update(try reading(4_000)).isEmpty)
  }

  @Test func `a number that is used again is another process`() throws {
    machine.start(9, "first", at: 5)
    var activity = MachineActivity(.init(), startingAt: try reading())
    machine.start(9, "second", at: 6)
    #expect(
      told(activity.update(try reading())) == [#"process.started second {"name":"second","pid":9}"#]
    )
    machine.start(9, "third", at: 7)
    #expect(
      told(activity.update(try reading())) == [
        #"process.ended second {"name":"second","pid":9}"#,
        #"process.started third {"name":"third","pid":9}"#,
      ]
    )
  }

  @Test func `a process that becomes another program ends under the name it began with`() throws {
    var activity = MachineActivity(.init(), startingAt: try reading())
    machine.start(9, "sh")
    _ = activity.update(try reading())
    machine.start(9, "make")
    #expect(activity.update(try reading()).isEmpty)
    machine.end(9)
    #expect(told(activity.update(try reading())) == [#"process.ended sh {"name":"sh","pid":9}"#])
  }

  @Test func `threads of the kernel are not told of`() throws {
    var activity = MachineActivity(.init(), startingAt: try reading())
    machine.start(10, "kworker/0:1", flags: 0x4208060)
    let reading = try reading()
    #expect(reading.processes.isEmpty)
    #expect(activity.update(reading).isEmpty)
  }

  @Test func `load is high above the processors' number and normal well below it`() throws {
    machine.set("stat", "cpu 1 0 0 1\ncpu0 1 0 0 1\ncpu1 0 0 0 0\n")
    var activity = MachineActivity(.init(), startingAt: try reading())
    var seen: [String] = []
    for load in ["2.00", "2.01", "1.95", "2.50", "1.81", "1.79", "1.95", "2.20"] {
      machine.set("loadavg", "\(load) 0 0 1/1 1\n")
      seen += told(activity.update(try reading()))
    }
    #expect(
      seen == [
        #"load.high load {"value":2.01,"threshold":2}"#,
        #"load.normal load {"value":1.79,"threshold":2}"#,
        #"load.high load {"value":2.2,"threshold":2}"#,
      ]
    )
  }

  @Test func `memory has a threshold of its own`() throws {
    var activity = MachineActivity(.init(), startingAt: try reading())
    var seen: [String] = []
    for available in [100, 99, 150, 200] {
      machine.set("meminfo", "MemTotal: 1000 kB\nMemAvailable: \(available) kB\n")
      seen += told(activity.update(try reading()))
    }
    #expect(
      seen == [
        #"memory.high memory {"value":0.901,"threshold":0.9}"#,
        #"memory.normal memory {"value":0.8,"threshold":0.9}"#,
      ]
    )
  }
}
