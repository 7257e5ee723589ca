// SPDX-License-Identifier: Apache-2.0
import Streams

/// Emits the parts that `split` makes of each element, in order.
struct Flatten<Input: Sendable, Output: Sendable>: Operator {
  let split: @Sendable (Input) -> [Output]
  private var waiting: [Output] = []
  private var given = 0

  init(_ split: @escaping @Sendable (Input) -> [Output]) {
    self.split = split
  }

  static var expands: Bool { true }

  mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    waiting = split(element)
    given = 0
  }

  var isPending: Bool { given < waiting.count }

  mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    let end = given + min(room, waiting.count - given)
    while given < end {
      emit(waiting[given])
      given += 1
    }
  }

  var stages: [StageStatistics] { [StageStatistics("flatten")] }
}

extension Flow {
  /// The parts that `split` makes of each element, in order.
  func flatten<Output: Sendable>(
    _ split: @escaping @Sendable (Chain.Output) -> [Output]
  ) -> Flow<Fused<Chain, Flatten<Chain.Output, Output>>> {
    apply(Flatten(split))
  }
}
