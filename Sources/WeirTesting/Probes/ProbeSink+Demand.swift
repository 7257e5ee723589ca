// SPDX-License-Identifier: Apache-2.0
import Streams

// What a test asks of a probe, and what it expects of those who write into it.
extension ProbeSink {
  /// Takes so many elements more; sums saturate.
  ///
  /// Less than one is a mistake that the writer hears of: it fails with ``InvalidDemand``.
  public func request(_ count: Int) {
    guard count >= 1 else { return fail(InvalidDemand(count: count)) }
    watched.change { state in
      let (sum, overflows) = state.demand.addingReportingOverflow(count)
      state.demand = overflows ? .max : sum
    }
  }

  /// How many elements it would take now; `Int.max` when any number.
  public var demand: Int { watched.state.demand }

  /// Whether a writer waits until it is asked for more.
  public var isHoldingBack: Bool {
    let state = watched.state
    return state.isWriting && state.demand == 0
  }

  /// Writes that began before the one before had ended: none, if writers keep the rules.
  public var overlapCount: Int { watched.state.overlaps }

  /// Fails the write that waits, and all further ones; the first error counts.
  public func fail(_ error: any Error = Failure()) {
    watched.change { $0.failure = $0.failure ?? error }
  }

  /// Suspends until a writer waits to be asked for more.
  ///
  /// - Throws: `CancellationError`.
  public nonisolated(nonsending) func heldBack() async throws {
    try await watched.wait { $0.isWriting && $0.demand == 0 }
  }

  /// Suspends until it wants an element, or fails.
  nonisolated(nonsending) func demanded() async throws {
    try await watched.wait { $0.demand > 0 || $0.failure != nil }
  }

  /// Suspends until so many elements came that no expectation has looked at; looks at them.
  ///
  /// Marks among them are passed over.
  /// - Parameter count: How many elements.
  /// - Returns: The elements, in order.
  /// - Throws: `CancellationError`; what made the probe fail, if that was before they came.
  public nonisolated(nonsending) func next(_ count: Int) async throws -> [Element] {
    precondition(count >= 1, "at least one element is waited for")
    try await watched.wait { $0.unexpected.count >= count || $0.failure != nil }
    return try watched.change { state -> Result<[Element], any Error> in
      if state.unexpected.count < count, let failure = state.failure { return .failure(failure) }
      return .success(state.look(at: count))
    }.get()
  }

  /// Suspends until as many elements came as are expected, and compares them.
  ///
  /// - Throws: ``ProbeMismatch``; `CancellationError`; what made the probe fail.
  public nonisolated(nonsending) func expectElements(_ expected: Element...) async throws
  where Element: Equatable {
    guard !expected.isEmpty else { return try expectNothing() }
    let found = try await next(expected.count)
    guard found != expected else { return }
    throw ProbeMismatch(probe: name, expected: "\(expected)", found: "\(found)")
  }

  /// Says that no element came that no expectation has looked at.
  ///
  /// That none is on its way either is known in a ``Simulation``, after ``Simulation/settle()``.
  /// - Throws: ``ProbeMismatch``.
  public func expectNothing() throws(ProbeMismatch) {
    let found = watched.state.unexpected
    guard !found.isEmpty else { return }
    throw ProbeMismatch(probe: name, expected: "nothing", found: "\(found)")
  }
}

extension ProbeSinkState {
  /// The elements that no expectation has looked at.
  var unexpected: [Element] { items[expectedCount...].compactMap(\.element) }

  /// Looks at the next elements.
  mutating func look(at count: Int) -> [Element] {
    var seen: [Element] = []
    while seen.count < count, expectedCount < items.count {
      if let element = items[expectedCount].element { seen.append(element) }
      expectedCount += 1
    }
    return seen
  }
}
