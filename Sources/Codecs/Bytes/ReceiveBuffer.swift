// SPDX-License-Identifier: Apache-2.0

/// Bytes received and not yet consumed, in one array whose consumed front is reclaimed now and then.
struct ReceiveBuffer: Sendable {
  private(set) var bytes: [UInt8] = []
  /// The index of the first byte not consumed.
  private(set) var start = 0
  /// No line feed stands before this index.
  private var searched = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { start == bytes.count }

  /// Appends `received`; indices taken before are no longer valid.
  mutating func append(_ received: some Sequence<UInt8>) {
    reclaim()
    bytes.append(contentsOf: received)
  }

  mutating func consume(_ count: Int) {
    start += count
    searched = max(searched, start)
  }

  /// Consumes `count` bytes and shares them.
  mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    defer { consume(count) }
    return bytes[start..<start + count]
  }

  /// Consumes everything.
  mutating func takeAll() -> [UInt8] {
    defer { self = ReceiveBuffer() }
    return start == 0 ? bytes : Array(bytes[start...])
  }

  /// How many bytes stand before the next line feed, or `nil` when none has come.
  ///
  /// Bytes searched once are not searched again.
  mutating func lineLength() -> Int? {
    guard let lineFeed = bytes.span.firstIndex(of: ASCII.lineFeed, from: searched) else {
      searched = bytes.count
      return nil
    }
    searched = lineFeed
    return lineFeed - start
  }

  /// Forgets consumed bytes once they are all or most of the array, and keeps little memory for an
  /// idle connection; indices taken before are no longer valid.
  mutating func reclaim() {
    guard start > 0 else { return }
    if isEmpty {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 4 << 10)
    } else if start > 4 << 10, start > bytes.count / 2 {
      bytes.removeSubrange(..<start)
    } else {
      return
    }
    searched -= start
    start = 0
  }
}
