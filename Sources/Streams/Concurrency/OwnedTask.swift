// SPDX-License-Identifier: Apache-2.0

/// A task that somebody owns: it is cancelled when its owner lets go of it.
///
/// The only place of this module that starts tasks. A reader that works in the background owns its
/// tasks and they don't know it, so a consumer that leaves ends all that works for it.
final class OwnedTask: Sendable {
  private let task: Task<Void, Never>

  /// Starts the task, with the priority and the task-local values of its caller.
  init(_ work: @escaping @Sendable () async -> Void) {
    task = Task(executorPreference: FlowTasks.executor) { await work() }
  }

  deinit {
    task.cancel()
  }
}
