// SPDX-License-Identifier: Apache-2.0

/// How the processors have spent their time since the machine started, in clock ticks.
struct ProcessorTimes: Equatable, Sendable {
  /// Ticks spent with work.
  var busy: UInt64
  /// Ticks without work, waiting for disks included.
  var idle: UInt64
  /// How many processors there are.
  var coreCount: Int

  /// Reads the text of `/proc/stat`; `nil` when it has no line for all processors.
  init?(stat text: [UInt8]) {
    var total: [UInt64]?
    coreCount = 0
    for line in text.procLines where line.starts(with: "cpu".utf8) {
      let words = line.procWords
      if words[0].count > 3 {
        coreCount += 1
      } else {
        total = words.dropFirst().map { $0.procNumber ?? 0 }
      }
    }
    // user nice system idle iowait irq softirq steal; the guest columns are part of user and nice.
    guard let total, total.count >= 4 else { return nil }
    idle = total[3] &+ (total.count > 4 ? total[4] : 0)
    busy = total.prefix(8).reduce(0, &+) &- idle
    coreCount = max(coreCount, 1)
  }

  /// The share of time with work since an earlier reading, 0 to 1; 0 when no time has passed.
  func busyFraction(since earlier: ProcessorTimes) -> Double {
    let worked = busy.advance(since: earlier.busy)
    let rested = idle.advance(since: earlier.idle)
    guard worked + rested > 0 else { return 0 }
    return Double(worked) / Double(worked + rested)
  }
}

extension UInt64 {
  /// How far a counter has come; 0 when it went back, as `iowait` may (proc_stat(5)).
  func advance(since earlier: UInt64) -> UInt64 {
    self > earlier ? self - earlier : 0
  }
}
