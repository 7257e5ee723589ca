// SPDX-License-Identifier: Apache-2.0
import Streams
import WeirTesting

/// An entry for tests of conflation: something a key is about, that may be the last of its kind.
struct Progress: Hashable, Sendable {
  let key: Int
  let value: Int
  var isDone = false

  init(_ key: Int, _ value: Int, isDone: Bool = false) {
    (self.key, self.value, self.isDone) = (key, value, isDone)
  }

  /// One with a key below `keys`, done one time in `rarity`.
  static func random(
    _ value: Int,
    keys: Int,
    rarity: Int,
    using random: inout SeededGenerator
  ) -> Progress {
    let key = Int.random(in: 0..<keys, using: &random)
    return Progress(key, value, isDone: Int.random(in: 0..<rarity, using: &random) == 0)
  }

  static func conflation(maximumKeys: Int = 1_000) -> Conflation<Progress> {
    Conflation(by: \.key, terminal: { $0.isDone }, maximumKeys: maximumKeys)
  }
}

/// What a reader was handed, by kind.
struct Tally: Equatable {
  var delivered: UInt64 = 0
  var dropped: UInt64 = 0
  var offsets: [Offset] = []

  mutating func add<Element>(_ batch: Batch<Element>?) {
    for item in batch?.items ?? [] {
      switch item {
      case .run(let run):
        delivered += UInt64(run.count)
        offsets += run.firstOffset...run.lastOffset
      case .gap(let gap): dropped += gap.count
      case .mark: break
      }
    }
  }
}
