// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Makes the calls of a room, one after the other, until there is none to make.
struct CallWorker<Input: Sendable, Output: Sendable>: Sendable {
  let number: Int
  let room: CallRoom<Input, Output>
  let stage: String
  let timeout: Duration?
  let clock: any EngineClock
  let call: @Sendable (Input) async throws -> Output

  /// Works; a task that is cancelled ends behind the call that it is at.
  func work() async {
    while !Task.isCancelled, let job = room.begin(worker: number) {
      if let timeout {
        await run(job, within: timeout)
      } else {
        room.settle(job.ticket, await outcome(of: job))
      }
    }
  }

  private func outcome(of job: CallRoom<Input, Output>.Job) async -> CallOutcome<Output> {
    do {
      return .success(try await call(job.element))
    } catch {
      return .failure(failure(of: job, error))
    }
  }

  private func failure(of job: CallRoom<Input, Output>.Job, _ error: any Error) -> ElementFailure {
    ElementFailure(
      stage: stage,
      element: job.element,
      error: error,
      appended: job.ticket.appended
    )
  }

  /// Makes a call that may take so long: its outcome is then the timeout, though the worker stays
  /// with it until it has answered to being cancelled, so that no more calls run than may.
  private func run(_ job: CallRoom<Input, Output>.Job, within limit: Duration) async {
    let deadline = clock.now + limit
    let isSettled = Settled()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        let outcome = await outcome(of: job)
        if isSettled.claim() { room.settle(job.ticket, outcome) }
      }
      group.addTask {
        do { try await clock.sleep(until: deadline) } catch { return }
        guard isSettled.claim() else { return }
        room.settle(job.ticket, .failure(failure(of: job, CallTimeout(limit: limit))))
      }
      await group.next()
      group.cancelAll()
    }
  }
}

/// Whether a call has an outcome.
private final class Settled: Sendable {
  private let isClaimed = Atomic(false)

  /// Answers `true` the first time.
  func claim() -> Bool {
    !isClaimed.exchange(true, ordering: .acquiringAndReleasing)
  }
}
