// SPDX-License-Identifier: Apache-2.0

/// What holds one element per key until a deadline, by the book: looks at each millisecond, and at
/// everything that is held.
struct HoldOracle {
  private struct Held {
    let key: Int
    var value: Int
    let first: Int
    var due: Int
  }

  let keyCount: Int
  let keyLimit: Int
  /// When something is due that is held since `first` and got its newest element `now`.
  let due: (_ first: Int, _ now: Int) -> Int
  let combine: (Int, Int) -> Int

  func outputs(of steps: [[Int]]) -> [[Int]] {
    var outputs = steps.map { _ in [Int]() }
    var held: [Held] = []
    for (now, values) in steps.enumerated() {
      for value in values { take(value, now, &held, &outputs[now]) }
      outputs[now] += held.filter { $0.due <= now }.map(\.value)
      held.removeAll { $0.due <= now }
    }
    let rest = held.enumerated().sorted { ($0.1.due, $0.0) < ($1.1.due, $1.0) }
    outputs[steps.count - 1] += rest.map(\.element.value)
    return outputs
  }

  private func take(_ value: Int, _ now: Int, _ held: inout [Held], _ output: inout [Int]) {
    let key = value % keyCount
    guard let index = held.firstIndex(where: { $0.key == key }) else {
      if held.count == keyLimit, let first = held.indices.min(by: { held[$0].due < held[$1].due }) {
        output.append(held.remove(at: first).value)
      }
      held.append(Held(key: key, value: value, first: now, due: due(now, now)))
      return
    }
    held[index].value = combine(held[index].value, value)
    let due = due(held[index].first, now)
    guard due != held[index].due else { return }
    held[index].due = due
    held.append(held.remove(at: index))
  }
}
