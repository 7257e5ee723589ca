// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Events that go to the server in one request.
struct EventChunk {
  /// The most events of one request.
  static let maximumCount = 1_000
  /// The largest request, in bytes: below the server's limit of 1 MiB.
  static let maximumBytes = 900 << 10

  /// How many events there are.
  private(set) var count = 0
  /// The line of the first event.
  private(set) var firstLine = 0
  /// The line of the last event.
  private(set) var lastLine = 0
  private var bytes: [UInt8] = []

  /// Whether an event of so many bytes can still be added.
  func fits(_ byteCount: Int) -> Bool {
    count < Self.maximumCount && (count == 0 || bytes.count + byteCount + 2 <= Self.maximumBytes)
  }

  /// Whether an event of so many bytes can be sent at all.
  static func canHold(_ byteCount: Int) -> Bool { byteCount + 2 <= maximumBytes }

  /// Adds an encoded event that fits.
  mutating func append(_ event: [UInt8], line: Int) {
    bytes.append(count == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
    bytes.append(contentsOf: event)
    if count == 0 { firstLine = line }
    lastLine = line
    count += 1
  }

  /// The request's body; a JSON array.
  var body: [UInt8] { bytes + [UInt8(ascii: "]")] }

  /// Forgets all events.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    count = 0
  }
}
