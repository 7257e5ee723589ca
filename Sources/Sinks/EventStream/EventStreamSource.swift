// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Streams

/// What an event stream reads: a topic, what a chain makes of one, or the rows of a table.
public struct EventStreamSource: Sendable {
  /// What is read.
  public let topic: Topic<Event>
  /// The topic as the client calls it.
  public let name: String
  /// The epoch that the client is told.
  public let epoch: String
  /// Whether the client may see what was published before it came.
  public let showsPast: Bool
  /// What keeps a derived topic while it is read; `nil` for any other.
  let derived: DerivedSubscription?
  /// Whose rows come first, and whose changes follow as rows; `nil` for events as they are.
  let table: EventTable?

  /// Reads a topic.
  public init(_ topic: Topic<Event>, showsPast: Bool = true) {
    (self.topic, name, epoch) = (topic, topic.name, "\(topic.epoch)")
    (self.showsPast, derived, table) = (showsPast, nil, nil)
  }

  /// Reads a table, for a client that may see what was published before it came.
  public init(_ table: EventTable) {
    (topic, name, epoch) = (table.topic, table.topic.name, "\(table.topic.epoch)")
    (showsPast, derived, self.table) = (true, nil, table)
  }

  /// Reads what a chain makes of a topic.
  public init(_ derived: DerivedSubscription, of source: Topic<Event>, showsPast: Bool = true) {
    (topic, name, epoch) = (derived.topic, source.name, derived.epoch)
    (self.showsPast, self.derived, table) = (showsPast, derived, nil)
  }

  /// Where it is read from, and whether that is not where the client was.
  func start(_ resume: ResumePoint) -> (next: Offset, isReset: Bool) {
    let next = topic.end.next
    if let table, let place = resume[name] {
      let leads = place.epoch == epoch && place.offset < next
      return leads && table.changesLead(from: place.offset)
        ? (place.offset + 1, false) : (next, true)
    }
    guard let place = resume[name] else { return (next, false) }
    guard showsPast else { return (next, true) }
    if place.epoch == epoch, place.offset < next { return (place.offset + 1, false) }
    // A chain's results begin when somebody asks for them; those before were for somebody else.
    return (derived == nil ? topic.earliest.next : next, true)
  }
}
