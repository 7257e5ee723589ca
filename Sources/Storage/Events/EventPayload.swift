// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The bytes by which an event is stored: a version, what is there, the attributes, the data.
///
/// An event has one form only, so equal events have equal bytes. What its publisher left out is
/// absent when it is read back. See docs/durability.md for each byte.
public enum EventPayload {
  /// The version that is written.
  static let version: UInt8 = 1

  /// Writes an event down, with one allocation unless it has tags, which are put in order.
  public static func encode(_ event: Event) -> [UInt8] {
    let parts = EventParts(event)
    let count = parts.byteCount
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      var writer = PayloadWriter(buffer)
      parts.write(&writer)
      initialized = writer.count
      precondition(writer.count == count, "an event is as long as was counted")
    }
  }

  /// Reads an event back; what its data says is not looked at.
  ///
  /// - Throws: ``Malformed`` if the bytes are none that ``encode(_:)`` makes.
  public static func decode(_ bytes: [UInt8]) throws(Malformed) -> Event {
    try decode(bytes[...])
  }

  /// The same of bytes among others; places in errors are counted from where they begin.
  public static func decode(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> Event {
    guard let first = bytes.first else { throw .malformed(at: 0, expected: "a version") }
    guard first == version else { throw .otherVersion(first) }
    var reader = PayloadReader(bytes)
    let flags = try reader.readFlags()
    let type = flags.contains(.type) ? try reader.readText("a type") : nil
    let subject = flags.contains(.subject) ? try reader.readText("a subject") : nil
    let time = flags.contains(.time) ? try reader.readTime() : nil
    let id = flags.contains(.id) ? try reader.readText("an id") : nil
    let source = flags.contains(.source) ? try reader.readText("a source") : nil
    let tags = flags.contains(.tags) ? try reader.readTags() : [:]
    return Event(
      data: reader.readRest(),
      format: flags.contains(.text) ? .text : .json,
      type: type,
      subject: subject,
      time: time,
      id: id,
      source: source,
      tags: tags
    )
  }

  /// Why bytes are no event.
  public enum Malformed: Error, Hashable, Sendable, CustomStringConvertible {
    /// Something else was expected at a byte, counted from 0.
    case malformed(at: Int, expected: String)
    /// A version that this program can't read.
    case otherVersion(UInt8)

    /// What is wrong and what helps.
    public var description: String {
      switch self {
      case .malformed(let index, let expected):
        "it is no event: expected \(expected) at byte \(index); run 'weir doctor'"
      case .otherVersion(let version):
        "it is an event in version \(version) of the form, this program reads "
          + "\(EventPayload.version); run the program that wrote it"
      }
    }
  }
}

/// Which attributes an event has, as the second byte of its payload.
struct EventFlags: OptionSet {
  let rawValue: UInt8

  static let text = EventFlags(rawValue: 1 << 0)
  static let type = EventFlags(rawValue: 1 << 1)
  static let subject = EventFlags(rawValue: 1 << 2)
  static let time = EventFlags(rawValue: 1 << 3)
  static let id = EventFlags(rawValue: 1 << 4)
  static let source = EventFlags(rawValue: 1 << 5)
  static let tags = EventFlags(rawValue: 1 << 6)
  /// The others are for later versions.
  static let known: UInt8 = 0x7F
}
