// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The keys that count now, for any thread to read while somebody replaces them.
public final class KeyRing: Sendable {
  private struct State {
    var parts: [Int: [KeySet.Entry]] = [:]
    var keys = KeySet()
    var generation: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Makes a ring of keys that stay; none by default.
  public init(_ keys: [KeySet.Entry] = []) {
    if !keys.isEmpty { replace(0, with: keys) }
  }

  /// The keys, and a number that grows whenever they change.
  var current: (keys: KeySet, generation: UInt64) {
    state.withLock { ($0.keys, $0.generation) }
  }

  /// The keys that count now.
  public var keys: KeySet { current.keys }

  /// Puts the keys of one source in the place of those it had before.
  func replace(_ source: Int, with entries: [KeySet.Entry]) {
    state.withLock { state in
      state.parts[source] = entries
      state.keys = KeySet(state.parts.sorted { $0.key < $1.key }.flatMap(\.value))
      state.generation += 1
    }
  }
}
