// SPDX-License-Identifier: Apache-2.0

/// Lets pass what belongs to one of the flows that a hub is divided into.
public struct Selection<Element: Sendable>: StatelessOperator {
  private let isWanted: @Sendable (Element) -> Bool
  private var passed: UInt64 = 0
  private var others: UInt64 = 0

  /// Makes the operator.
  public init(_ isWanted: @escaping @Sendable (Element) -> Bool) {
    self.isWanted = isWanted
  }

  /// Emits the element if it belongs here.
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if isWanted(element) {
      passed += 1
      emit(element)
    } else {
      others += 1
    }
  }

  /// The stage `select`, with what passed and what belongs elsewhere.
  public var stages: [StageStatistics] {
    [StageStatistics("select", ["passed": passed, "others": others])]
  }
}

extension Hub {
  /// Two branches: of the elements that satisfy a predicate, and of the others.
  ///
  /// ```swift
  /// let (large, small) = hub.split { $0.amount > 1_000 }
  /// ```
  ///
  /// - Parameters:
  ///   - overrun: The contract of both. Default: lossless.
  ///   - isFirst: Whether an element belongs to the first.
  /// - Returns: The two flows; each element is in one of them.
  public func split(
    _ overrun: OverrunPolicy<Element> = .holdBack,
    where isFirst: @escaping @Sendable (Element) -> Bool
  ) -> (
    Flow<Fused<Identity<Element>, Selection<Element>>>,
    Flow<Fused<Identity<Element>, Selection<Element>>>
  ) {
    let branch = branch(overrun)
    return (branch.apply(Selection(isFirst)), branch.apply(Selection { !isFirst($0) }))
  }

  /// As many branches as are wanted; all elements of one key are in the same.
  ///
  /// Which one is the same in every process, on every machine.
  ///
  /// ```swift
  /// let shards = hub.partition(by: \.userID, into: 4)
  /// ```
  ///
  /// - Parameters:
  ///   - key: What an element is about.
  ///   - count: How many branches.
  ///   - overrun: The contract of all. Default: lossless.
  /// - Returns: The flows; each element is in one of them.
  public func partition<Key: StableHashable>(
    by key: @escaping @Sendable (Element) -> Key,
    into count: Int,
    _ overrun: OverrunPolicy<Element> = .holdBack
  ) -> [Flow<Fused<Identity<Element>, Selection<Element>>>] {
    precondition(count >= 1, "there is at least one partition")
    let branch = branch(overrun)
    return (0..<count).map { number in
      branch.apply(Selection { key($0).partition(of: count) == number })
    }
  }
}
