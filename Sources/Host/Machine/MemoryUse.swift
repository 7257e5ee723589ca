// SPDX-License-Identifier: Apache-2.0

/// How much memory the machine has, and how much of it is in use, in bytes.
struct MemoryUse: Equatable, Sendable {
  /// All memory that the kernel manages.
  var totalBytes: UInt64
  /// What is not available to new work without swapping.
  var usedBytes: UInt64

  /// The used share, 0 to 1.
  var fraction: Double {
    totalBytes == 0 ? 0 : Double(usedBytes) / Double(totalBytes)
  }

  /// Reads the text of `/proc/meminfo`; `nil` without `MemTotal` and `MemAvailable`.
  init?(meminfo text: [UInt8]) {
    var total: UInt64?
    var available: UInt64?
    for line in text.procLines {
      let words = line.procWords
      guard words.count >= 2 else { continue }
      if words[0].elementsEqual("MemTotal:".utf8) { total = words[1].procNumber }
      if words[0].elementsEqual("MemAvailable:".utf8) { available = words[1].procNumber }
      if total != nil, available != nil { break }
    }
    guard let total, let available else { return nil }
    // The file counts in KiB, though it says kB.
    totalBytes = total &* 1_024
    usedBytes = total.advance(since: available) &* 1_024
  }
}

/// The mean numbers of runnable processes over one, five and fifteen minutes.
struct LoadAverages: Equatable, Sendable {
  var oneMinute: Double
  var fiveMinutes: Double
  var fifteenMinutes: Double

  /// Reads the text of `/proc/loadavg`; `nil` unless it begins with three numbers.
  init?(loadavg text: [UInt8]) {
    guard let line = text.procLines.first else { return nil }
    let numbers = line.procWords.prefix(3).compactMap { Double($0.procText) }
    guard numbers.count == 3, numbers.allSatisfy(\.isFinite) else { return nil }
    (oneMinute, fiveMinutes, fifteenMinutes) = (numbers[0], numbers[1], numbers[2])
  }
}
