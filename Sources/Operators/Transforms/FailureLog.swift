// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The failures of one stage until they are taken, which is after each element; of a closure that
/// throws `Never` there are none, and the compiler leaves out all of it.
@usableFromInline
struct FailureLog<Failure: Error>: Sendable {
  @usableFromInline let stage: String
  @usableFromInline var failures: [ElementFailure] = []
  @usableFromInline var failed: UInt64 = 0

  @inlinable
  init(_ stage: String) {
    self.stage = stage
  }

  /// Whether there can be any.
  @inlinable static var isPossible: Bool { Failure.self != Never.self }

  @inlinable var isEmpty: Bool { failures.isEmpty }

  /// Notes that the stage's closure threw on an element.
  @usableFromInline
  mutating func note(_ error: any Error, of element: any Sendable, at now: Timestamp) {
    failed &+= 1
    failures.append(
      ElementFailure(stage: stage, element: element, error: error, appended: now)
    )
  }

  /// Hands the failures over and forgets them.
  @inlinable
  mutating func take(_ take: (ElementFailure) -> Void) {
    for failure in failures { take(failure) }
    failures.removeAll(keepingCapacity: true)
  }

  /// What the stage has counted: so many elements `dropped`, where it may drop some, and `failed`,
  /// where its closure may throw.
  func statistics(dropped: UInt64? = nil, isCounted: Bool = true) -> StageStatistics {
    let passage = isCounted ? passage(but: (dropped ?? 0) &+ failed) : .unknown
    return switch (dropped, Self.isPossible) {
    case (let dropped?, true):
      StageStatistics(stage, ["dropped": dropped, "failed": failed], passage: passage)
    case (let dropped?, false): StageStatistics(stage, ["dropped": dropped], passage: passage)
    case (nil, true): StageStatistics(stage, ["failed": failed], passage: passage)
    case (nil, false): StageStatistics(stage, passage: passage)
    }
  }

  private func passage(but missing: UInt64) -> StageStatistics.Passage {
    missing == 0 ? .each : .all(but: missing)
  }
}
