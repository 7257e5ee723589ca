// SPDX-License-Identifier: Apache-2.0
import Synchronization

@testable import Host

/// A `/proc` in memory that a test changes between two readings.
final class FakeMachine: MachineFiles {
  private let files = Mutex<[String: [UInt8]]>([:])

  init() {
    set("stat", "cpu 100 0 0 100 0 0 0 0\ncpu0 100 0 0 100 0 0 0 0\n")
    set("meminfo", "MemTotal: 1000 kB\nMemAvailable: 750 kB\n")
    set("loadavg", "0.50 0.25 0.125 1/1 1\n")
    set("diskstats", " 8 0 sda 1 0 10 0 2 0 20 0 0 0 0\n")
    set("net/dev", "eth0: 1000 1 0 0 0 0 0 0 500 1 0 0 0 0 0 0\n")
  }

  func set(_ path: String, _ text: String) {
    files.withLock { $0[path] = Array(text.utf8) }
  }

  func remove(_ path: String) {
    files.withLock { $0[path] = nil }
  }

  func start(_ pid: Int, _ name: String, at ticks: Int = 5, flags: Int = 0x400000) {
    let stat = Self.stat(pid: pid, name, start: ticks, flags: flags)
    files.withLock { $0["\(pid)/stat"] = stat }
  }

  func end(_ pid: Int) { remove("\(pid)/stat") }

  func text(of path: String) -> [UInt8]? { files.withLock { $0[path] } }

  var processNumbers: [Int] {
    files.withLock { files in
      files.keys.compactMap { Int($0.prefix { $0 != "/" }) }.sorted()
    }
  }

  /// The text of `/proc/PID/stat`, with all the fields that Linux 6 writes.
  static func stat(
    pid: Int,
    _ name: String,
    start: Int,
    state: String = "S",
    flags: Int = 0x400000
  ) -> [UInt8] {
    let head = "\(pid) (\(name)) \(state) 1 \(pid) \(pid) 0 -1 \(flags) 100 0 0 0 3 2 0 0 20 0 1 0"
    return Array("\(head) \(start) 8192 100 18446744073709551615 1 1 0 0 0 0 0 0 0\n".utf8)
  }
}
