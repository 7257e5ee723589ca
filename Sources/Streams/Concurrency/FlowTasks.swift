// SPDX-License-Identifier: Apache-2.0

/// Where the tasks run that flows start for work in the background.
public enum FlowTasks {
  /// What runs them; by default `nil`, which is where the system runs tasks.
  ///
  /// Every task inherits it. Meant for simulations, which decide about the order of everything.
  @TaskLocal public static var executor: (any TaskExecutor)?
}
