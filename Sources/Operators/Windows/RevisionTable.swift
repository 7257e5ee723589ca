// SPDX-License-Identifier: Apache-2.0

/// How often each open window of each key has fired, and which must fire again.
struct RevisionTable<Key: Hashable & Sendable>: Sendable {
  struct Asked: Sendable {
    let end: Int64
    let key: Key
  }

  private var numbers: [Int64: [Key: Int]] = [:]
  private var asked: [Asked] = []
  private var taken = 0

  var isAsked: Bool { taken < asked.count }

  /// Notes the first firing of a window.
  mutating func note(end: Int64, key: Key) {
    numbers[end, default: [:]][key] = 0
  }

  /// Asks for one more firing.
  mutating func ask(end: Int64, key: Key) {
    let number = numbers[end]?[key].map { $0 + 1 } ?? 0
    numbers[end, default: [:]][key] = number
    asked.append(Asked(end: end, key: key))
  }

  mutating func takeAsked() -> Asked? {
    guard isAsked else { return nil }
    defer {
      taken += 1
      if taken == asked.count {
        asked.removeAll(keepingCapacity: true)
        taken = 0
      }
    }
    return asked[taken]
  }

  func number(end: Int64, key: Key) -> Int {
    numbers[end]?[key] ?? 0
  }

  /// Forgets the windows that end at or before `end`.
  mutating func drop(through end: Int64) {
    guard !numbers.isEmpty else { return }
    numbers = numbers.filter { $0.key > end }
  }
}
