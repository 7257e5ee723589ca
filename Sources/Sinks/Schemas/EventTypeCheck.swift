// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How much is asked of the events of a topic.
public enum EventTypeCheck: Hashable, Sendable {
  /// Nothing: any type, any data.
  case unchecked
  /// The data of types that are registered must follow their schemas; others may be anything.
  case checked
  /// Only types that are registered, with data that follows their schemas.
  case registered
}

extension EventTypeRegistry {
  /// Checks an event as much as is asked.
  ///
  /// - Throws: ``EventTypeMismatch``, the publisher's fault.
  public func check(_ event: Event, _ how: EventTypeCheck) throws(EventTypeMismatch) {
    switch how {
    case .unchecked: return
    case .checked: try check(event, unknownTypes: .allowed)
    case .registered: try check(event, unknownTypes: .refused)
    }
  }
}
