// SPDX-License-Identifier: Apache-2.0

/// Which subscriber has which topics, the same for the same seed.
struct SubscriptionPlan: Equatable, Sendable {
  /// The topics of each subscriber, from 0 on.
  private(set) var topics: [[Int]] = []
  /// How many subscribers each topic has.
  private(set) var readerCounts: [Int]

  /// Chooses different topics at random for each subscriber.
  init(subscribers: Int, each: Int, topics topicCount: Int, seed: UInt64) {
    readerCounts = Array(repeating: 0, count: topicCount)
    var draw = SplitMix(seed: seed)
    topics.reserveCapacity(subscribers)
    for _ in 0..<subscribers {
      var chosen: [Int] = []
      while chosen.count < each {
        let topic = draw.below(topicCount)
        if !chosen.contains(topic) { chosen.append(topic) }
      }
      for topic in chosen { readerCounts[topic] += 1 }
      topics.append(chosen)
    }
  }

  /// Takes a subscriber's topics from it, which is gone.
  mutating func remove(_ subscriber: Int) {
    for topic in topics[subscriber] { readerCounts[topic] -= 1 }
    topics[subscriber] = []
  }
}

/// Numbers that look random and come again for the same seed (SplitMix64, Steele 2014).
struct SplitMix: RandomNumberGenerator, Equatable, Sendable {
  private var state: UInt64

  /// Begins at a seed.
  init(seed: UInt64) { state = seed }

  /// The next number.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, and without, a bound.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
