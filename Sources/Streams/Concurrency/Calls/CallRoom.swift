// SPDX-License-Identifier: Apache-2.0

/// The calls of one reading: those that wait, those that run, and the outcomes nobody took.
///
/// The reader lets elements in and takes outcomes; workers, at most as many as calls may run at
/// once, take the one and give the other. Everything in it together is bounded by ``capacity``.
final class CallRoom<Input: Sendable, Output: Sendable>: Sendable {
  typealias Queue = CallQueue<Output>

  /// A call that waits for a worker.
  struct Job: Sendable {
    let ticket: Queue.Ticket
    let element: Input
  }

  /// What was counted.
  struct Counters: Sendable {
    var received: UInt64 = 0
    var succeeded: UInt64 = 0
    var failed: UInt64 = 0
    var timedOut: UInt64 = 0
  }

  private struct State {
    var queue: Queue
    var jobs: [Job] = []
    /// How many jobs at the front were begun.
    var begun = 0
    /// Which workers are at work.
    var working: [Bool]
    var isClosed = false
    var consumers = Wakers()
    var counters = Counters()
  }

  private let state: Guarded<State>
  /// The most calls and marks that are in here.
  let capacity: Int

  init(concurrency: Int, isOrdered: Bool) {
    capacity = concurrency + FlowLimits.batch
    let working = Array(repeating: false, count: concurrency)
    state = Guarded(State(queue: Queue(isOrdered: isOrdered), working: working))
  }

  var counters: Counters { state.withLock { $0.counters } }

  /// How much can be let in.
  var space: Int { state.withLock { max(0, capacity - $0.queue.count) } }

  /// Nothing will be handed out that is earlier than this; `nil` if nothing is in here.
  var earliest: Timestamp? { state.withLock { $0.queue.earliest } }

  /// Lets a batch in; answers which workers have to be started.
  func admit(_ batch: Batch<Input>) -> [Int] {
    state.withLock { state in
      for item in batch.items {
        switch item {
        case .run(let run):
          for element in run {
            let ticket = state.queue.admit(at: run.appended)
            state.jobs.append(Job(ticket: ticket, element: element))
          }
          state.counters.received += UInt64(run.count)
        case .mark(let mark, let appended): state.queue.admit(.mark(mark, appended: appended))
        case .gap(let gap): state.queue.admit(.gap(gap))
        }
      }
      let waiting = state.jobs.count - state.begun
      let started = Array(state.working.indices.filter { !state.working[$0] }.prefix(waiting))
      for worker in started { state.working[worker] = true }
      return started
    }
  }

  /// The next call for a worker; `nil` when there is none and the worker ends.
  func begin(worker: Int) -> Job? {
    state.withLock { state in
      guard !state.isClosed, state.begun < state.jobs.count else {
        state.working[worker] = false
        return nil
      }
      let job = state.jobs[state.begun]
      state.begun += 1
      if state.begun * 2 >= state.jobs.count {
        state.jobs.removeFirst(state.begun)
        state.begun = 0
      }
      return job
    }
  }

  /// Takes the outcome of a call.
  func settle(_ ticket: Queue.Ticket, _ outcome: CallOutcome<Output>) {
    let wakers: [Wakers.Wake] = state.withLock { state in
      guard !state.isClosed else { return [] }
      switch outcome {
      case .success: state.counters.succeeded += 1
      case .failure(let failure) where failure.error is CallTimeout: state.counters.timedOut += 1
      case .failure: state.counters.failed += 1
      }
      state.queue.settle(ticket, outcome)
      return state.queue.isReady ? state.consumers.takeAll() : []
    }
    for wake in wakers { wake() }
  }

  /// Hands out what is ready.
  func take(limit: Int) -> Batch<CallOutcome<Output>> {
    state.withLock { state in
      var batch = Batch<CallOutcome<Output>>()
      state.queue.take(limit: limit, into: &batch.items)
      return batch
    }
  }

  /// Asks to be told when something is ready; `nil` when something is.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let id: UInt64? = state.withLock { $0.queue.isReady ? nil : $0.consumers.add(wake) }
    guard let id else { return nil }
    return WakeRequest { [weak self] in self?.state.withLock { $0.consumers.remove(id) } }
  }

  /// Forgets everything: nobody is there any more.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.jobs = []
      state.begun = 0
      state.queue = Queue(isOrdered: true)
    }
  }
}
