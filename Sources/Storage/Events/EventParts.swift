// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// An event as its payload has it: with its tags in order.
struct EventParts {
  let flags: EventFlags
  let event: Event
  let tags: [(key: String, value: String)]
  private let time: UInt64

  init(_ event: Event) {
    self.event = event
    let given = event.tags
    // By their bytes, which mean the same in every version of Unicode.
    tags =
      given.isEmpty ? [] : given.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    time = event.time.map { Self.unsigned($0.milliseconds) } ?? 0
    var flags: EventFlags = []
    if event.format == .text { flags.insert(.text) }
    if event.givenType != nil { flags.insert(.type) }
    if event.subject != nil { flags.insert(.subject) }
    if event.time != nil { flags.insert(.time) }
    if event.id != nil { flags.insert(.id) }
    if event.source != nil { flags.insert(.source) }
    if !tags.isEmpty { flags.insert(.tags) }
    self.flags = flags
  }

  /// A number with a sign such that small ones, also below zero, take few bytes.
  private static func unsigned(_ number: Int64) -> UInt64 {
    UInt64(bitPattern: (number << 1) ^ (number >> 63))
  }

  /// How many bytes the payload has.
  var byteCount: Int {
    var count = 2 + event.data.count
    count += PayloadWriter.count(event.givenType) + PayloadWriter.count(event.subject)
    if flags.contains(.time) { count += PayloadWriter.count(time) }
    count += PayloadWriter.count(event.id) + PayloadWriter.count(event.source)
    if !tags.isEmpty { count += PayloadWriter.count(UInt64(tags.count)) }
    for (key, value) in tags { count += PayloadWriter.count(key) + PayloadWriter.count(value) }
    return count
  }

  func write(_ writer: inout PayloadWriter) {
    writer.write(byte: EventPayload.version)
    writer.write(byte: flags.rawValue)
    if let type = event.givenType { writer.write(type) }
    if let subject = event.subject { writer.write(subject) }
    if flags.contains(.time) { writer.write(time) }
    if let id = event.id { writer.write(id) }
    if let source = event.source { writer.write(source) }
    if !tags.isEmpty { writer.write(UInt64(tags.count)) }
    for (key, value) in tags {
      writer.write(key)
      writer.write(value)
    }
    event.data.withUnsafeBufferPointer { writer.write(bytes: $0) }
  }
}

/// Fills the room that was counted before.
struct PayloadWriter {
  private let room: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(_ room: UnsafeMutableBufferPointer<UInt8>) {
    self.room = room
  }

  /// How many bytes a number takes: seven bits in each.
  static func count(_ number: UInt64) -> Int {
    max(1, (64 - number.leadingZeroBitCount + 6) / 7)
  }

  /// How many bytes a text takes with its length; none if it is not there.
  static func count(_ text: String?) -> Int {
    guard let text else { return 0 }
    let bytes = text.utf8.count
    return count(UInt64(bytes)) + bytes
  }

  mutating func write(byte: UInt8) {
    room[count] = byte
    count += 1
  }

  /// Writes a number, the lowest seven bits first.
  mutating func write(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      write(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    write(byte: UInt8(truncatingIfNeeded: rest))
  }

  mutating func write(_ text: String) {
    var text = text
    write(UInt64(text.utf8.count))
    text.withUTF8 { write(bytes: $0) }
  }

  mutating func write(bytes: UnsafeBufferPointer<UInt8>) {
    let rest = UnsafeMutableBufferPointer(rebasing: room[count...])
    count += rest.update(fromContentsOf: bytes)
  }
}
