// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The failures of one stage until they are taken, which is after each element.
@usableFromInline
struct FailureLog: Sendable {
  @usableFromInline let stage: String
  @usableFromInline var failures: [ElementFailure] = []
  @usableFromInline var failed: UInt64 = 0

  @inlinable
  init(_ stage: String) {
    self.stage = stage
  }

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
}
