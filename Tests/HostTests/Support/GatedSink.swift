// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

/// A sink that takes nothing until it is opened, and remembers the numbers that it took.
final class GatedSink: FlowSink {
  private struct State {
    var isOpen = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var taken: [Int] = []
  }

  let name = "outside"
  private let state = Mutex(State())

  var taken: [Int] { state.withLock { $0.taken } }

  func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  nonisolated(nonsending) func write(_ elements: [Event]) async throws {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiters.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
    let numbers = elements.map { Int(String(decoding: $0.data, as: UTF8.self)) ?? -1 }
    state.withLock { $0.taken += numbers }
  }

  nonisolated(nonsending) func write(_ mark: Mark) async throws {}
}
