// SPDX-License-Identifier: Apache-2.0

/// What an asynchronous call for one element came to.
public enum CallOutcome<Output: Sendable>: Sendable {
  /// What it returned.
  case success(Output)
  /// What it threw, with the element.
  case failure(ElementFailure)
}

/// Emits what calls returned, and gives those that failed to the flow's supervision.
public struct CallOutcomes<Output: Sendable>: StatelessOperator {
  private var failures: [ElementFailure] = []

  /// Makes the operator.
  public init() {}

  /// True: a call may throw.
  public static var fails: Bool { true }

  /// Whether calls have failed that nobody was told of.
  public var hasFailures: Bool { !failures.isEmpty }

  /// Emits the result, or keeps the failure.
  public mutating func receive(
    _ element: CallOutcome<Output>,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    switch element {
    case .success(let output): emit(output)
    case .failure(let failure): failures.append(failure)
    }
  }

  /// Hands over the failures.
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    for failure in failures { take(failure) }
    failures = []
  }

  /// False: the calls are not made again.
  public var isRestartable: Bool { false }

  /// Keeps its failures, for the same reason.
  public mutating func restart(
    as fresh: CallOutcomes,
    _ restart: Restart,
    _ emit: (Output) -> Void
  ) {}

  /// None: the source counts the calls.
  public var stages: [StageStatistics] { [] }
}
