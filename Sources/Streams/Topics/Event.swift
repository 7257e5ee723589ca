// SPDX-License-Identifier: Apache-2.0

/// One fact, with the attributes of CloudEvents 1.0; immutable and cheap to copy.
///
/// Attributes that the publisher left out are `nil` here; their defaults need the entry
/// (`id` is `epoch-offset`, `time` is `appended`) and are given where an event is encoded.
public struct Event: Sendable {
  /// How ``Event/data`` is to be read.
  public enum DataFormat: Sendable {
    /// Valid JSON text in UTF-8 (RFC 8259), on one line.
    case json
    /// UTF-8 text that is passed on verbatim.
    case text
  }

  /// The type of an event that was published without one.
  public static let defaultType = "event"

  private let storage: Storage

  /// Makes an event from its data and the attributes its publisher gave.
  public init(
    data: [UInt8],
    format: DataFormat = .json,
    type: String? = nil,
    subject: String? = nil,
    time: Timestamp? = nil,
    id: String? = nil,
    source: String? = nil,
    tags: [String: String] = [:]
  ) {
    storage = Storage(
      data: data,
      format: format,
      type: type,
      subject: subject,
      time: time,
      id: id,
      source: source,
      tags: tags
    )
  }

  /// The payload; `format` says how to read it.
  public var data: [UInt8] { storage.data }
  /// How `data` is to be read.
  public var format: DataFormat { storage.format }
  /// What kind of fact this is; ``defaultType`` unless the publisher said otherwise.
  public var type: String { storage.type ?? Self.defaultType }
  /// The type as published.
  public var givenType: String? { storage.type }
  /// The key: what the event is about.
  public var subject: String? { storage.subject }
  /// The event time as published.
  public var time: Timestamp? { storage.time }
  /// The identifier as published.
  public var id: String? { storage.id }
  /// Where the event comes from, as published.
  public var source: String? { storage.source }
  /// Names and values by which subscribers may filter.
  public var tags: [String: String] { storage.tags }

  /// What the event weighs in a topic's byte limit: its data, its attributes and their storage.
  public var weight: Int { storage.weight }

  private final class Storage: Sendable {
    let data: [UInt8]
    let format: DataFormat
    let type: String?
    let subject: String?
    let time: Timestamp?
    let id: String?
    let source: String?
    let tags: [String: String]
    let weight: Int

    init(
      data: [UInt8],
      format: DataFormat,
      type: String?,
      subject: String?,
      time: Timestamp?,
      id: String?,
      source: String?,
      tags: [String: String]
    ) {
      self.data = data
      self.format = format
      self.type = type
      self.subject = subject
      self.time = time
      self.id = id
      self.source = source
      self.tags = tags
      var weight = data.count + 64
      if let type { weight += type.utf8.count }
      if let subject { weight += subject.utf8.count }
      if let id { weight += id.utf8.count }
      if let source { weight += source.utf8.count }
      for (name, value) in tags { weight += name.utf8.count + value.utf8.count + 32 }
      self.weight = weight
    }
  }
}
