// SPDX-License-Identifier: Apache-2.0

/// Bytes that went in and out of devices since the machine started, by device.
struct TransferCounters: Equatable, Sendable {
  /// Two directions: read and written, or received and sent.
  struct Bytes: Equatable, Sendable {
    var inward: UInt64 = 0
    var outward: UInt64 = 0
  }

  var byDevice: [String: Bytes] = [:]

  /// What was moved since an earlier reading, over the devices that are in both.
  ///
  /// A device that was plugged in counts from its second reading on.
  func bytes(since earlier: TransferCounters) -> Bytes {
    byDevice.reduce(into: Bytes()) { sum, device in
      guard let before = earlier.byDevice[device.key] else { return }
      sum.inward += device.value.inward.advance(since: before.inward)
      sum.outward += device.value.outward.advance(since: before.outward)
    }
  }
}

extension TransferCounters {
  /// Reads the text of `/proc/diskstats`: whole devices only, each byte counted once.
  ///
  /// Left out are partitions, and devices that stand on others (`loop`, `dm-`, `md`) or on memory
  /// (`ram`, `zram`).
  init(diskstats text: [UInt8]) {
    for line in text.procLines {
      let words = line.procWords
      guard words.count >= 10, let read = words[5].procNumber, let written = words[9].procNumber
      else { continue }
      // A sector is 512 bytes here, whatever the device has (Documentation/block/stat.rst).
      byDevice[words[2].procText] = Bytes(inward: read &* 512, outward: written &* 512)
    }
    let names = Set(byDevice.keys)
    byDevice = byDevice.filter { name, _ in
      !Self.isStacked(name) && !Self.isPartition(name, among: names)
    }
  }

  private static func isStacked(_ name: String) -> Bool {
    ["loop", "ram", "zram", "dm-", "md"].contains { prefix in
      name.hasPrefix(prefix) && (name.utf8.dropFirst(prefix.utf8.count).first ?? 0).isDigit
    }
  }

  /// Whether a name is that of another device with a number: `sda1`, or `nvme0n1p1` after a digit.
  private static func isPartition(_ name: String, among names: Set<String>) -> Bool {
    guard let end = name.utf8.lastIndex(where: { !$0.isDigit }), name.utf8.last?.isDigit == true
    else { return false }
    let stem = name[...end]
    if names.contains(String(stem)) { return true }
    let whole = stem.dropLast()
    return stem.hasSuffix("p") && whole.utf8.last?.isDigit == true && names.contains(String(whole))
  }

  /// Reads the text of `/proc/net/dev`, without the loopback device.
  init(netdev text: [UInt8]) {
    for line in text.procLines {
      guard let colon = line.lastIndex(of: UInt8(ascii: ":")) else { continue }
      let words = line[(colon + 1)...].procWords
      guard words.count >= 9, let received = words[0].procNumber, let sent = words[8].procNumber
      else { continue }
      let name = line[..<colon].procWords.last?.procText ?? ""
      if name != "lo" { byDevice[name] = Bytes(inward: received, outward: sent) }
    }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
}
