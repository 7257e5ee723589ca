// SPDX-License-Identifier: Apache-2.0

/// What one branch of a hub has counted.
///
/// At every instant `offered` is `delivered + dropped + conflated + buffered`.
public struct BranchStatistics: Hashable, Sendable {
  /// The name it was given.
  public let name: String
  /// What became of the entries that it was to read: what it has done, when it last asked for some;
  /// what waits for it, now.
  public let counters: CursorStatistics
}

/// The branches of a hub that are being read, and what has ended the hub.
final class HubMembers: Sendable {
  private struct State {
    var nextID: UInt64 = 1
    var branches: [(id: UInt64, name: String, counters: CursorStatistics)] = []
    var failure: (any Error)?
  }

  private let state = Guarded(State())

  /// What the branches have counted, of a log that ends there.
  func statistics(upTo end: Offset) -> [BranchStatistics] {
    state.withLock { state in
      state.branches.map { BranchStatistics(name: $0.name, counters: $0.counters.grown(to: end)) }
    }
  }

  /// What the hub's source threw.
  var failure: (any Error)? { state.withLock { $0.failure } }

  func fail(_ error: any Error) {
    state.withLock { $0.failure = error }
  }

  func join(_ name: String, _ counters: CursorStatistics) -> UInt64 {
    state.withLock { state in
      defer { state.nextID += 1 }
      state.branches.append((state.nextID, name, counters))
      return state.nextID
    }
  }

  func update(_ id: UInt64, _ counters: CursorStatistics) {
    state.withLock { state in
      let index = state.branches.partitioningIndex { $0.id >= id }
      guard index < state.branches.count, state.branches[index].id == id else { return }
      state.branches[index].counters = counters
    }
  }

  func leave(_ id: UInt64) {
    state.withLock { $0.branches.removeAll { $0.id == id } }
  }
}
