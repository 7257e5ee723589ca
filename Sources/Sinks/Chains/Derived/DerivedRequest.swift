// SPDX-License-Identifier: Apache-2.0
import Streams

/// What a subscriber has asked for.
struct DerivedRequest: Sendable {
  let plan: ChainPlan
  let source: Topic<Event>
  let offset: Offset
  let reader: DerivedMember
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

/// Who reads a derived topic.
struct DerivedMember: Sendable {
  /// Whose share it counts for; `nil` for somebody who is trusted.
  let client: ClientKey?
  /// Called when the derived topic ends.
  let onEnd: @Sendable (DerivedEnding) -> Void
}

/// A reader of a derived topic, by its number.
struct DerivedJoined: Sendable {
  let derived: DerivedTopic
  let reader: UInt64
}
