// SPDX-License-Identifier: Apache-2.0
import Streams

/// A text beside an event's data that a filter reads.
enum FilterField: Hashable, Sendable {
  /// The type, or the default one.
  case type
  /// The subject, if it was published with one.
  case subject
  /// The identifier, if it was published with one.
  case id
  /// The source, if it was published with one.
  case source
  /// A tag, as a publication shows it.
  case tag(String)

  /// The text in an event, or `nil` where it has none; of tags, those of the event alone.
  func text(of event: Event) -> String? {
    switch self {
    case .type: event.type
    case .subject: event.subject
    case .id: event.id
    case .source: event.source
    case .tag(let name): event.tags[name]
    }
  }
}

/// How the tags of a publication are read: those of an event, and the attributes that its publisher
/// set, which come first.
enum FilterTag: Hashable, Sendable {
  case type
  case id
  case subject
  case time
  case other

  init(_ name: String) {
    switch name {
    case "type": self = .type
    case "id": self = .id
    case "subject": self = .subject
    case "time": self = .time
    default: self = .other
    }
  }

  /// The tag's name.
  var name: String {
    switch self {
    case .type: "type"
    case .id: "id"
    case .subject: "subject"
    case .time: "time"
    case .other: preconditionFailure("other tags have names of their own")
    }
  }

  /// The attribute's text, but for the time's.
  func attribute(of event: Event) -> String? {
    switch self {
    case .type: event.givenType
    case .id: event.id
    case .subject: event.subject
    case .time, .other: nil
    }
  }
}
