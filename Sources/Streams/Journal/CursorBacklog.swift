// SPDX-License-Identifier: Apache-2.0

/// What a cursor is given from its topic's journal: one batch at a time, asked for by polling.
///
/// The journal answers from a thread of its own, while the cursor belongs to whoever reads.
final class CursorBacklog<Element: Sendable>: Sendable {
  typealias Found = Result<TopicReadBack<Element>, JournalError>
  typealias Wake = @Sendable () -> Void

  private enum State {
    case idle
    /// It is being read, or a pause goes on before it is tried again; with who wants to be told.
    case busy(Wake?)
    case read(Found)
  }

  private let state = Guarded(State.idle)

  /// What was read, once; begins to read if there is nothing and nobody reads.
  ///
  /// - Throws: The journal's error if trying again does not help.
  func take(
    of topic: Topic<Element>,
    from position: Position,
    limit: Int
  ) throws(JournalError) -> TopicReadBack<Element>? {
    let (isIdle, found) = state.withLock { state -> (Bool, Found?) in
      switch state {
      case .busy: return (false, nil)
      case .idle:
        state = .busy(nil)
        return (true, nil)
      case .read(let found):
        state = .idle
        return (false, found)
      }
    }
    if isIdle { topic.readBack(from: position, limit: limit) { self.settle(.read($0)) } }
    guard case .failure(let error) = found else { return try found?.get() }
    guard error.isTransient else { throw error }
    tryAgain(topic.clock)
    return nil
  }

  /// Asks to be told when it is worth asking again; answers `false` if it is.
  func notify(_ wake: @escaping Wake) -> Bool {
    state.withLock { state in
      guard case .busy = state else { return false }
      state = .busy(wake)
      return true
    }
  }

  /// Takes back the wish to be told.
  func forget() {
    state.withLock { state in
      if case .busy = state { state = .busy(nil) }
    }
  }

  private func settle(_ settled: State) {
    let wake: Wake? = state.withLock { state in
      guard case .busy(let wake) = state else { return nil }
      state = settled
      return wake
    }
    wake?()
  }

  /// Reads again when a pause is over.
  private func tryAgain(_ clock: any EngineClock) {
    state.withLock { $0 = .busy(nil) }
    Task {
      // Nobody cancels it; a clock that does not wait only tries again sooner.
      try? await clock.sleep(until: clock.now + JournalError.pause)
      self.settle(.idle)
    }
  }
}
