// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A flow was silent for too long; see ``Streams/Flow/timeout(_:)``.
public struct TimeoutError: Error, Hashable, Sendable, CustomStringConvertible {
  /// When the silence began.
  public let since: Timestamp
  /// When it had lasted too long.
  public let instant: Timestamp

  /// How long it was.
  public var description: String {
    let (length, overflows) = instant.milliseconds.subtractingReportingOverflow(since.milliseconds)
    return "nothing came for \(overflows ? .max : length) ms"
  }
}

/// Passes every element on, and fails when none comes for too long.
///
/// One silence fails once: where a failure is skipped, the next element starts anew. State: two
/// instants. Cost: O(1).
public struct Timeout<Element: Sendable>: Operator {
  @usableFromInline let silence: Int64
  /// How long nothing may come before the first element, if that is watched.
  @usableFromInline let first: Int64?
  /// When the silence began that is watched.
  @usableFromInline var since: Timestamp
  /// When it has lasted too long.
  @usableFromInline var due: Timestamp
  @usableFromInline var failures: [ElementFailure] = []
  @usableFromInline var timeouts: UInt64 = 0

  /// Makes the operator.
  ///
  /// - Parameters:
  ///   - silence: How long nothing may come behind an element; `nil` if that is not watched.
  ///   - first: How long nothing may come before the first element, and since when.
  public init(silence: Duration?, first: (limit: Duration, since: Timestamp)?) {
    for limit in [silence, first?.limit].compactMap({ $0 }) {
      precondition(limit.wholeMilliseconds >= 1, "a timeout is at least 1 ms")
    }
    self.silence = silence?.wholeMilliseconds ?? .max
    self.first = first?.limit.wholeMilliseconds
    since = first?.since ?? .distantPast
    due = first.map { $0.since + $0.limit } ?? .never
  }

  /// True: silence is a failure.
  @inlinable public static var fails: Bool { true }

  /// Emits the element; from here on the flow is silent.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    since = now
    due = silence == .max ? .never : now.advanced(byMilliseconds: silence)
    emit(element)
  }

  /// When the silence will have lasted too long.
  @inlinable public var deadline: Timestamp { due }

  /// Fails.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Element) -> Void) {
    if due <= now { fail(at: now) }
  }

  @usableFromInline
  mutating func fail(at now: Timestamp) {
    let error = TimeoutError(since: since, instant: due)
    failures.append(ElementFailure(stage: "timeout", element: nil, error: error, appended: now))
    timeouts &+= 1
    due = .never
  }

  /// Whether it has failed and that was not told.
  @inlinable public var hasFailures: Bool { !failures.isEmpty }

  /// Tells of the silences that lasted too long.
  @inlinable
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    let failures = failures
    self.failures = []
    for failure in failures { take(failure) }
  }

  /// Forgets the silence; the first element may take its time again, from the restart on.
  public mutating func restart(as fresh: Timeout, _ restart: Restart, _ emit: (Element) -> Void) {
    failures = []
    since = restart.instant
    due = first.map { restart.instant.advanced(byMilliseconds: $0) } ?? .never
  }

  /// The stage `timeout`: `timeouts`, the silences that lasted too long.
  public var stages: [StageStatistics] { [StageStatistics("timeout", ["timeouts": timeouts])] }
}

extension Timeout {
  /// Writes since when it is silent.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("timeout") { encoder throws(StateError) in
      try since.encode(into: &encoder)
      try due.encode(into: &encoder)
    }
  }

  /// Reads since when it is silent.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("timeout") { decoder, _ throws(StateError) in
      since = try Timestamp(from: &decoder)
      due = try Timestamp(from: &decoder)
    }
  }
}

extension Flow {
  /// The same elements; fails with a ``TimeoutError`` when none has come for `silence` behind one.
  ///
  /// ```swift
  /// let watched = heartbeats.timeout(.seconds(30))
  /// ```
  ///
  /// An element at the very instant at which the time is up still counts. How long the first may
  /// take is not watched; see ``timeout(first:since:then:)``. State: two instants. Cost: O(1).
  ///
  /// - Parameter silence: How long nothing may come, at least a millisecond.
  /// - Returns: The flow.
  public func timeout(_ silence: Duration) -> Flow<Fused<Chain, Timeout<Chain.Output>>> {
    apply(Timeout(silence: silence, first: nil))
  }

  /// The same elements; fails with a ``TimeoutError`` when the first has not come in time, or none
  /// for `silence` behind one.
  ///
  /// ```swift
  /// let watched = answers.timeout(first: .seconds(5), since: asked, then: .seconds(30))
  /// ```
  ///
  /// State: two instants. Cost: O(1).
  ///
  /// After a restart, by ``Streams/Supervision/restart(after:atMost:within:)``, the first element may
  /// take as long again, counted from the restart.
  ///
  /// - Parameters:
  ///   - limit: How long the first may take, at least a millisecond.
  ///   - start: Since when. Time is that of the log, so nobody else can say: a flow that is read
  ///     anew from the log's start must give the same.
  ///   - silence: How long nothing may come behind an element. Default: as long as it likes.
  /// - Returns: The flow.
  public func timeout(
    first limit: Duration,
    since start: Timestamp,
    then silence: Duration? = nil
  ) -> Flow<Fused<Chain, Timeout<Chain.Output>>> {
    apply(Timeout(silence: silence, first: (limit, start)))
  }
}
