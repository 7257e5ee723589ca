// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams
import Synchronization

/// A window's result that knows how many of its kind there are: outputs that were made and not let
/// go of yet.
final class CountedResult: Sendable {
  private static let live = Atomic(0)
  private static let most = Atomic(0)

  let count: Int

  init(count: Int) {
    self.count = count
    let (_, live) = Self.live.add(1, ordering: .relaxed)
    _ = Self.most.max(live, ordering: .relaxed)
  }

  deinit {
    Self.live.subtract(1, ordering: .relaxed)
  }

  /// The most there were at one time since the last call.
  static func takeMost() -> Int { most.exchange(live.load(ordering: .relaxed), ordering: .relaxed) }
}

/// Counts elements, and the results that it has given out.
struct CountedCount: Aggregate {
  private var count = 0

  init() {}

  mutating func add(_ element: Reading) { count &+= 1 }
  mutating func merge(_ other: CountedCount) { count &+= other.count }
  var result: CountedResult { CountedResult(count: count) }
}
