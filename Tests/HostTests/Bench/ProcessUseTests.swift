// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Host

@Suite struct ProcessUseTests {
  private struct Texts: MachineFiles {
    var texts: [String: String]
    func text(of path: String) -> [UInt8]? { texts[path].map { Array($0.utf8) } }
    var processNumbers: [Int] { [] }
  }

  private func texts(user: Int, system: Int) -> Texts {
    // The number is none that a process has, so that its threads are not to be had.
    Texts(texts: [
      "999999999/stat":
        "999999999 (a) b) S 1 1 1 0 -1 4194304 100 0 0 0 \(user) \(system) 0 0 20 0 1 0 5 0 0",
      "999999999/status": "Name:\ta\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n",
      "999999999/task/999999999/status":
        "voluntary_ctxt_switches:\t30\nnonvoluntary_ctxt_switches:\t4\n",
    ])
  }

  @Test func `the use of a process is read from its texts`() throws {
    let use = try #require(ProcessUse.read([999_999_999], from: texts(user: 150, system: 50)))
    let tick = 1_000_000 / UInt64(sysconf(Int32(_SC_CLK_TCK)))
    #expect(use.userMicroseconds == 150 * tick && use.systemMicroseconds == 50 * tick)
    #expect(use.residentBytes == 1 << 20 && use.peakResidentBytes == 2 << 20)
    #expect(use.voluntarySwitches == 30 && use.involuntarySwitches == 4)
  }

  @Test func `the difference of two readings is what was used between them`() throws {
    let first = try #require(ProcessUse.read([999_999_999], from: texts(user: 150, system: 50)))
    let second = try #require(ProcessUse.read([999_999_999], from: texts(user: 170, system: 55)))
    let use = second.since(first)
    let tick = 1_000_000 / UInt64(sysconf(Int32(_SC_CLK_TCK)))
    #expect(use.userMicroseconds == 20 * tick && use.processorMicroseconds == 25 * tick)
    #expect(use.residentBytes == 1 << 20 && use.voluntarySwitches == 0)
  }

  @Test func `several processes are added up, and one that is gone spoils the sum`() throws {
    let files = texts(user: 1, system: 1)
    let use = try #require(ProcessUse.read([999_999_999, 999_999_999], from: files))
    #expect(use.residentBytes == 2 << 20)
    #expect(ProcessUse.read([999_999_999, 5], from: files) == nil)
    #expect(ProcessUse.read([], from: files) == nil)
  }

  @Test func `this process can be read`() throws {
    let use = try #require(ProcessUse.read([Int(getpid())]))
    #expect(use.residentBytes > 0)
  }
}
