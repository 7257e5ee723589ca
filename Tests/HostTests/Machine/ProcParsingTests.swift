// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct ProcParsingTests {
  @Test func `processor times count iowait as idle and guests once`() throws {
    let text =
      "cpu  10 1 5 100 7 2 3 4 9 9\ncpu0 5 0 2 50 3 1 1 2 0 0\ncpu1 5 1 3 50 4 1 2 2 0 0\nctxt 5\n"
    let times = try #require(ProcessorTimes(stat: Array(text.utf8)))
    #expect(times.idle == 107)
    #expect(times.busy == 25)
    #expect(times.coreCount == 2)
  }

  @Test func `the busy fraction is that of the time between two readings`() throws {
    let before = try #require(ProcessorTimes(stat: Array("cpu 100 0 0 100 0 0 0 0\n".utf8)))
    let after = try #require(ProcessorTimes(stat: Array("cpu 130 0 0 110 0 0 0 0\n".utf8)))
    #expect(after.busyFraction(since: before) == 0.75)
    #expect(after.busyFraction(since: after) == 0)
    #expect(before.busyFraction(since: after) == 0)
  }

  @Test(arguments: ["", "cpu0 1 2 3 4\n", "cpu 1 2\n", "intr 1\n"])
  func `a stat file without the line for all processors is refused`(_ text: String) {
    #expect(ProcessorTimes(stat: Array(text.utf8)) == nil)
  }

  @Test func `memory in use is what is not available`() throws {
    let text = "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:    250 kB\n"
    let memory = try #require(MemoryUse(meminfo: Array(text.utf8)))
    #expect(memory.totalBytes == 1_024_000)
    #expect(memory.usedBytes == 768_000)
    #expect(memory.fraction == 0.75)
    #expect(MemoryUse(meminfo: Array("MemTotal: 1000 kB\n".utf8)) == nil)
  }

  @Test func `load averages are the first three numbers`() throws {
    let load = try #require(LoadAverages(loadavg: Array("0.52 1.25 3.00 2/345 6789\n".utf8)))
    #expect([load.oneMinute, load.fiveMinutes, load.fifteenMinutes] == [0.52, 1.25, 3])
    #expect(LoadAverages(loadavg: Array("0.52 x 3\n".utf8)) == nil)
    #expect(LoadAverages(loadavg: []) == nil)
  }

  @Test func `only whole disks count, each byte once`() {
    let names = [
      "loop0", "ram1", "zram0", "dm-0", "md127", "sda", "sda1", "sda12", "nvme0n1", "nvme0n1p1",
      "mmcblk0", "mmcblk0p2", "vdb", "sdp", "sdp1", "sr0", "nbd1",
    ]
    let lines = names.map { " 8 0 \($0) 1 0 10 0 2 0 20 0 0 0 0 0" }
    let counters = TransferCounters(diskstats: Array(lines.joined(separator: "\n").utf8))
    #expect(
      counters.byDevice.keys.sorted()
        == ["mmcblk0", "nbd1", "nvme0n1", "sda", "sdp", "sr0", "vdb"]
    )
    #expect(counters.byDevice["sda"] == .init(inward: 5_120, outward: 10_240))
  }

  @Test func `network devices count without the loopback one`() {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
          lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0
        eth0:1234567 2 0 0 0 0 0 0 7654 1 0 0 0 0 0 0
      eth0:1: 1 2 0 0 0 0 0 0 2 1 0 0 0 0 0 0
      """
    let counters = TransferCounters(netdev: Array(text.utf8))
    #expect(
      counters.byDevice == [
        "eth0": .init(inward: 1_234_567, outward: 7_654),
        "eth0:1": .init(inward: 1, outward: 2),
      ]
    )
  }

  @Test func `a device that appears or starts again adds nothing`() {
    let before = TransferCounters(byDevice: ["a": .init(inward: 10, outward: 10)])
    let after = TransferCounters(byDevice: [
      "a": .init(inward: 15, outward: 3), "b": .init(inward: 99, outward: 99),
    ])
    #expect(after.bytes(since: before) == .init(inward: 5, outward: 0))
  }

  @Test(arguments: ["sleep", "a b", "a) (b", "((", "x\ny", "tmux: server", ""])
  func `a process name may hold blanks, parentheses and line feeds`(_ name: String) throws {
    let process = try #require(ProcessRecord(stat: FakeMachine.stat(pid: 42, name, start: 777)))
    #expect(process.name == name)
    #expect(process.identity == ProcessIdentity(pid: 42, startTicks: 777))
    #expect(!process.isKernelThread)
    #expect(!process.isOver)
  }

  @Test func `kernel threads and the dead are told apart`() throws {
    let thread = FakeMachine.stat(pid: 2, "kthreadd", start: 1, flags: 0x208040)
    #expect(try #require(ProcessRecord(stat: thread)).isKernelThread)
    let zombie = FakeMachine.stat(pid: 3, "gone", start: 1, state: "Z")
    #expect(try #require(ProcessRecord(stat: zombie)).isOver)
  }

  @Test func `a process file that is cut short is refused`() {
    let whole = FakeMachine.stat(pid: 42, "name", start: 777)
    let afterStart = whole.count - " 8192 100 18446744073709551615 1 1 0 0 0 0 0 0 0\n".utf8.count
    for length in 0...afterStart {
      #expect(ProcessRecord(stat: Array(whole[..<length])) == nil)
    }
  }
}
