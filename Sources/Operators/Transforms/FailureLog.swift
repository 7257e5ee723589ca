// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The failures of one stage until they are taken, which is after each element; of a closure that
/// throws `Never` there are none, and the compiler leaves out all of it.
///
/// One word, `nil` until something fails: the fewer fields a chain of operators has, the more of it
/// the compiler keeps in registers.
@usableFromInline
struct FailureLog<Failure: Error>: Sendable {
  @usableFromInline var noted: NotedFailures?

  @inlinable init() {}

  /// Whether there can be any.
  @inlinable static var isPossible: Bool { Failure.self != Never.self }

  @inlinable var isEmpty: Bool {
    guard let noted else { return true }
    return noted.failures.isEmpty
  }

  /// Notes that a closure of the stage threw on an element.
  @inlinable
  mutating func note(
    _ error: Failure,
    of element: any Sendable,
    in stage: String,
    at now: Timestamp
  ) {
    // Said so that behind a closure that throws `Never` the compiler asks for no error.
    guard Self.isPossible else { Self.impossible(Never.self) }
    keep(error, of: element, in: stage, at: now)
  }

  /// What is never asked for: there is no error of type `Never`.
  @inlinable
  static func impossible<Value>(_ type: Value.Type) -> Value {
    unsafe Value?.none.unsafelyUnwrapped
  }

  @usableFromInline
  mutating func keep(
    _ error: any Error,
    of element: any Sendable,
    in stage: String,
    at now: Timestamp
  ) {
    let failure = ElementFailure(stage: stage, element: element, error: error, appended: now)
    noted = NotedFailures(
      failures: (noted?.failures ?? []) + [failure],
      count: (noted?.count ?? 0) &+ 1,
      retried: noted?.retried ?? 0
    )
  }

  /// Hands the failures over and forgets them, but for their number.
  @usableFromInline
  mutating func take(_ take: (ElementFailure) -> Void) {
    guard let noted, !noted.failures.isEmpty else { return }
    for failure in noted.failures { take(failure) }
    self.noted = NotedFailures(failures: [], count: noted.count, retried: noted.retried)
  }

  /// Takes the elements that failed, to be tried again: whether they are missing is then open anew.
  mutating func takeAgain<Input>(as type: Input.Type = Input.self) -> [Input] {
    guard let noted else { return [] }
    let elements = noted.failures.compactMap { $0.element as? Input }
    let retried = noted.retried &+ UInt64(elements.count)
    self.noted = NotedFailures(failures: [], count: noted.count, retried: retried)
    return elements
  }

  /// What a stage has counted: so many elements `dropped`, where it may drop some, and where its
  /// closure may throw how often it `failed`, and how often that was `retried` after a restart.
  func statistics(
    of stage: String,
    dropped: UInt64? = nil,
    isCounted: Bool = true
  ) -> StageStatistics {
    let failed = noted?.count ?? 0
    let retried = noted?.retried ?? 0
    let missing = (dropped ?? 0) &+ failed &- retried
    let passage = isCounted ? Self.passage(but: missing) : .unknown
    return switch (dropped, Self.isPossible) {
    case (let dropped?, true):
      StageStatistics(
        stage,
        ["dropped": dropped, "failed": failed, "retried": retried],
        passage: passage
      )
    case (let dropped?, false): StageStatistics(stage, ["dropped": dropped], passage: passage)
    case (nil, true):
      StageStatistics(stage, ["failed": failed, "retried": retried], passage: passage)
    case (nil, false): StageStatistics(stage, passage: passage)
    }
  }

  private static func passage(but missing: UInt64) -> StageStatistics.Passage {
    missing == 0 ? .each : .all(but: missing)
  }
}

/// Failures that were not taken yet, the number of all so far, and how many of these were tried
/// again; made anew for each.
@usableFromInline
final class NotedFailures: Sendable {
  @usableFromInline let failures: [ElementFailure]
  let count: UInt64
  let retried: UInt64

  init(failures: [ElementFailure], count: UInt64, retried: UInt64) {
    self.failures = failures
    self.count = count
    self.retried = retried
  }
}
