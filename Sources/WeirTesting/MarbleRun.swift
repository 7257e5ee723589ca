// SPDX-License-Identifier: Apache-2.0
public import Streams

extension Marbles {
  /// What comes out of an operator when this stream goes in, millisecond by millisecond.
  ///
  /// Deadlines fire as in an engine: behind the elements of their instant. The watermark moves only
  /// at the end, where the operator is also told to finish; an operator that is done ends the stream.
  public func through<Chain: Operator>(_ chain: Chain) -> Marbles<Chain.Output>
  where Chain.Input == Value {
    var run = MarbleRun(chain, stepCount: steps.count)
    run.start()
    for (step, values) in steps.enumerated() {
      run.fire(before: step)
      for value in values where !run.isDone { run.receive(value, at: step) }
      if run.isDone { return run.ended(at: step) }
    }
    run.fire(before: steps.count)
    if run.isDone { return run.ended(at: steps.count - 1) }
    if isEnded { run.end(at: steps.count - 1) }
    return Marbles<Chain.Output>(steps: run.outputs, isEnded: isEnded)
  }

  /// What comes out of the operators that `build` puts on a flow when this stream goes in.
  public func through<Chain: Operator>(
    _ build: (Flow<Identity<Value>>) -> Flow<Chain>
  ) -> Marbles<Chain.Output> where Chain.Input == Value {
    through(build(Topic<Value>("marbles").flow()).chain)
  }
}

/// An operator at work, with what came out at each millisecond.
private struct MarbleRun<Chain: Operator> {
  var chain: Chain
  var outputs: [[Chain.Output]]

  init(_ chain: Chain, stepCount: Int) {
    self.chain = chain
    outputs = Array(repeating: [], count: stepCount)
  }

  /// Takes what comes before everything.
  mutating func start() {
    if !outputs.isEmpty { drain(at: 0) }
  }

  /// Whether the operator takes no further element: the stream ends there.
  var isDone: Bool { Chain.ends && chain.isDone }

  /// Ends at a step though the input goes on.
  mutating func ended(at step: Int) -> Marbles<Chain.Output> {
    end(at: step)
    return Marbles<Chain.Output>(steps: Array(outputs[...step]), isEnded: true)
  }

  mutating func receive(_ value: Chain.Input, at step: Int) {
    chain.receive(value, at: instant(step)) { outputs[step].append($0) }
    drain(at: step)
  }

  mutating func fire(before step: Int) {
    while chain.deadline < instant(step) {
      let due = Int(chain.deadline.milliseconds)
      chain.fire(at: chain.deadline) { outputs[due].append($0) }
      drain(at: due)
    }
  }

  mutating func end(at step: Int) {
    chain.advance(to: .never, at: instant(step)) { outputs[step].append($0) }
    drain(at: step)
    chain.finish(at: instant(step)) { outputs[step].append($0) }
    drain(at: step)
  }

  private mutating func drain(at step: Int) {
    if Chain.fails { chain.takeFailures { _ in } }
    while chain.isPending {
      chain.resume(at: instant(step), room: 1) { outputs[step].append($0) }
      if Chain.fails { chain.takeFailures { _ in } }
    }
  }

  private func instant(_ step: Int) -> Timestamp {
    Timestamp(milliseconds: Int64(step))
  }
}
