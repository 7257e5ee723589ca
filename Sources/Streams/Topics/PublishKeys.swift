// SPDX-License-Identifier: Apache-2.0

/// The idempotency keys that a topic remembers, with what became of their publishes.
struct PublishKeys {
  /// What is remembered of a key's first publish.
  struct Memory: Equatable {
    let count: Int
    let bytes: Int
    /// Where it was stored; `nil` while it is held.
    var receipt: Receipt?
  }

  let limits: IdempotencyLimits
  /// Keys that went to make room for newer ones, not for their age.
  private(set) var displaced: UInt64 = 0
  private var memories: [String: Memory] = [:]
  /// The keys of stored publishes, oldest first.
  private var stored: [(key: String, appended: Timestamp)] = []
  /// Keys at the front that are gone; they leave memory now and then, many at once.
  private var gone = 0

  init(limits: IdempotencyLimits) {
    self.limits = limits
  }

  /// The number of keys remembered.
  var count: Int { memories.count }

  subscript(key: String) -> Memory? { memories[key] }

  /// Remembers the key of a publish that waits.
  mutating func hold(_ key: String, count: Int, bytes: Int) {
    memories[key] = Memory(count: count, bytes: bytes)
  }

  /// Remembers the key of a publish that was stored; the oldest goes if there is one too many.
  mutating func store(_ key: String, bytes: Int, _ receipt: Receipt) {
    let count = Int(receipt.lastOffset - receipt.firstOffset) + 1
    memories[key] = Memory(count: count, bytes: bytes, receipt: receipt)
    stored.append((key, receipt.appended))
    guard stored.count - gone > limits.maximumCount else { return }
    forgetOldest()
    displaced += 1
  }

  /// Forgets the key of a publish that was held and not stored.
  mutating func forget(_ key: String) {
    memories[key] = nil
  }

  /// Forgets the keys that are too old at `now`.
  mutating func expire(now: Timestamp) {
    let oldest = now - limits.maximumAge
    while gone < stored.count, stored[gone].appended < oldest { forgetOldest() }
  }

  private mutating func forgetOldest() {
    memories[stored[gone].key] = nil
    gone += 1
    guard gone > stored.count / 2 else { return }
    stored.removeFirst(gone)
    gone = 0
    if stored.isEmpty, memories.isEmpty { (stored, memories) = ([], [:]) }
  }
}
