// SPDX-License-Identifier: Apache-2.0

/// What a simulation has decided and what it has still to do.
struct SimulationState {
  /// A task that a test has started.
  struct Started {
    let name: String
    /// The step at which it is cancelled, if it is.
    var cancelStep: UInt64?
    var cancel: (@Sendable () -> Void)?
    var isOver = false
  }

  var random: SeededGenerator
  var trace = SimulationTrace()
  var tasks: [Started] = []
  var settlers: [CheckedContinuation<Void, Never>] = []
  var failureCount = 0

  init(random: SeededGenerator) {
    self.random = random
  }

  /// Notes a task; decides whether and when it is cancelled.
  mutating func addTask(_ name: String, oneIn odds: Int) -> Int {
    var task = Started(name: name)
    if happens(oneIn: odds) {
      let scale = Int.random(in: 0...10, using: &random)
      let steps = Int.random(in: 0..<(1 << scale), using: &random)
      task.cancelStep = trace.stepCount + UInt64(steps)
    }
    tasks.append(task)
    return tasks.count - 1
  }

  mutating func endTask(_ index: Int, with error: (any Error)? = nil) {
    tasks[index].isOver = true
    tasks[index].cancel = nil
    trace.note("\(tasks[index].name) ends\(error.map { " with \($0)" } ?? "")")
  }

  /// The tasks that go on.
  var unfinished: [String] { tasks.filter { !$0.isOver }.map(\.name) }

  /// Hands over what cancels the tasks whose step has come.
  mutating func takeCancellations() -> [@Sendable () -> Void] {
    var taken: [@Sendable () -> Void] = []
    for index in tasks.indices {
      guard let step = tasks[index].cancelStep, step <= trace.stepCount,
        let cancel = tasks[index].cancel
      else { continue }
      tasks[index].cancelStep = nil
      trace.note("\(tasks[index].name) is cancelled")
      taken.append(cancel)
    }
    return taken
  }

  /// Hands over what cancels all tasks.
  func cancelAll() -> [@Sendable () -> Void] { tasks.compactMap(\.cancel) }

  /// Picks one of so many.
  mutating func pick(of count: Int) -> Int {
    let choice = Int.random(in: 0..<count, using: &random)
    trace.step(choice, of: count)
    return choice
  }

  /// Whether it happens this time; never when the odds are zero.
  mutating func happens(oneIn odds: Int) -> Bool {
    odds > 0 && Int.random(in: 0..<odds, using: &random) == 0
  }
}
