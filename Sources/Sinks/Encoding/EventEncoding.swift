// SPDX-License-Identifier: Apache-2.0
public import Codecs
public import Streams

/// An entry of an event topic, as it is encoded.
public struct EventEntry: Sendable {
  /// The event.
  public let event: Event
  /// Its offset.
  public let offset: Offset
  /// When it was appended.
  public let appended: Timestamp
  /// The epoch of its topic.
  public let epoch: Epoch
  /// Whether its topic is a table.
  public let isOfTable: Bool

  /// Makes an entry; by default of a topic that is no table.
  public init(
    event: Event,
    offset: Offset,
    appended: Timestamp,
    epoch: Epoch,
    isOfTable: Bool = false
  ) {
    self.event = event
    self.isOfTable = isOfTable
    self.offset = offset
    self.appended = appended
    self.epoch = epoch
  }

  /// The key whose row it deletes; `nil` if it is no such change of a table.
  public var deletedKey: String? { isOfTable && event.deletesRow ? event.subject : nil }

  /// The identifier: as published, else `epoch-offset`.
  public var id: String { event.id ?? "\(epoch)-\(offset)" }
  /// The event time: as published, else when it was appended.
  public var time: Timestamp { event.time ?? appended }
}

extension JSONWriter {
  /// Writes an event's data: JSON as it is, text as a string.
  public mutating func data(of event: Event) {
    switch event.format {
    case .json: raw(event.data)
    case .text: value(String(decoding: event.data, as: UTF8.self))
    }
  }

  /// Writes an event as history shows it: all attributes, with their defaults.
  public mutating func historyEvent(_ entry: EventEntry) {
    let event = entry.event
    beginObject()
    name("offset")
    value(entry.offset)
    member("id", entry.id)
    member("type", event.type)
    member("time", RFC3339.format(milliseconds: entry.time.milliseconds))
    if let subject = event.subject { member("subject", subject) }
    if let source = event.source { member("source", source) }
    if !event.tags.isEmpty {
      name("tags")
      beginObject()
      for (tag, text) in event.tags.sorted(by: { $0.key < $1.key }) { member(tag, text) }
      endObject()
    }
    name("data")
    data(of: event)
    endObject()
  }

  /// Writes an event as a CloudEvent, its topic being the default source.
  public mutating func cloudEvent(_ entry: EventEntry, topic: String) {
    let event = entry.event
    beginObject()
    member("specversion", "1.0")
    member("id", entry.id)
    member("source", event.source ?? "/v1/topics/\(PercentEncoding.encode(topic))")
    member("type", event.type)
    member("time", RFC3339.format(milliseconds: entry.time.milliseconds))
    if let subject = event.subject { member("subject", subject) }
    for (tag, text) in event.tags.sorted(by: { $0.key < $1.key }) { member(tag, text) }
    member("offset", "\(entry.offset)")
    member("epoch", "\(entry.epoch)")
    if event.format == .text { member("datacontenttype", "text/plain") }
    name("data")
    data(of: event)
    endObject()
  }

  /// Writes a member whose value is a string.
  public mutating func member(_ name: String, _ text: String) {
    self.name(name)
    value(text)
  }

  /// Writes a member whose value is a whole number.
  public mutating func member(_ name: String, _ number: UInt64) {
    self.name(name)
    value(number)
  }

  /// Writes a member that is true or false.
  public mutating func member(_ name: String, _ truth: Bool) {
    self.name(name)
    value(truth)
  }
}

extension Event {
  /// Whether a publication of it carries tags.
  var hasAttributes: Bool {
    givenType != nil || id != nil || subject != nil || time != nil || !tags.isEmpty
  }
}

extension Batch<Event> {
  /// Calls `body` with each entry of a topic, in order.
  public func forEachEntry<Failure: Error>(
    of topic: Topic<Event>,
    _ body: (EventEntry) throws(Failure) -> Void
  ) throws(Failure) {
    let isOfTable = topic.tableSettings != nil
    try forEachEntry(epoch: topic.epoch, isOfTable: isOfTable, body)
  }

  /// Calls `body` with each entry, in order; by default as those of a topic that is no table.
  public func forEachEntry<Failure: Error>(
    epoch: Epoch,
    isOfTable: Bool = false,
    _ body: (EventEntry) throws(Failure) -> Void
  ) throws(Failure) {
    for item in items {
      guard case .run(let run) = item else { continue }
      for index in run.indices {
        try body(
          EventEntry(
            event: run[index],
            offset: run.firstOffset + Offset(index),
            appended: run.appended,
            epoch: epoch,
            isOfTable: isOfTable
          )
        )
      }
    }
  }

  /// The gap at its front, if entries were gone.
  public var leadingGap: Gap? {
    if case .gap(let gap) = items.first { gap } else { nil }
  }
}
