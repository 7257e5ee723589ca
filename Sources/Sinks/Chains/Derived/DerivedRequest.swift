// SPDX-License-Identifier: Apache-2.0
import Streams

/// What a subscriber has asked for.
struct DerivedRequest: Sendable {
  let plan: ChainPlan
  let source: Topic<Event>
  let offset: Offset
  let onEnd: @Sendable (DerivedEnding) -> Void
  let completion: @Sendable (Result<DerivedSubscription, DerivedRefusal>) -> Void

  func key(start: Offset) -> DerivedTopic.Key {
    DerivedTopic.Key(
      source: source.name,
      sourceEpoch: source.epoch,
      plan: plan,
      start: start
    )
  }
}

/// A reader of a derived topic.
struct DerivedJoined: Sendable {
  let derived: DerivedTopic
  let reader: UInt64

  init(_ joined: (derived: DerivedTopic, reader: UInt64)) {
    (derived, reader) = joined
  }
}
