// SPDX-License-Identifier: Apache-2.0
import Streams

/// Keeps the work of tasks until somebody picks which goes next.
///
/// An actor without an executor of its own runs on that of its caller, so all that a simulated task
/// calls runs here too, one piece after the other.
final class SimulationExecutor: TaskExecutor {
  private let ready = Guarded<[UnownedJob]>([])

  /// Keeps a piece of work that can go on.
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    ready.withLock { $0.append(job) }
  }

  /// How many pieces can go on.
  var readyCount: Int { ready.withLock { $0.count } }

  /// Runs the piece with that number, in the order in which they came; answers at its next `await`.
  func run(_ number: Int) {
    let job = ready.withLock { $0.remove(at: number) }
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
