// SPDX-License-Identifier: Apache-2.0

/// By what a topic knows a repeated publish.
public struct PublishKey: Hashable, Sendable {
  /// The idempotency key: 1 to 255 bytes of UTF-8.
  public let text: String
  /// What tells the publish from another with the key, of as many elements and bytes.
  ///
  /// The journal of a durable topic looks at the elements instead. Default 0: nothing does.
  public let fingerprint: Int

  /// Makes a key.
  public init(_ text: String, fingerprint: Int = 0) {
    (self.text, self.fingerprint) = (text, fingerprint)
  }
}

/// The idempotency keys that a topic remembers, with what became of their publishes.
struct PublishKeys {
  /// What is remembered of a key's first publish.
  struct Memory: Equatable {
    let count: Int
    let bytes: Int
    let fingerprint: Int
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
  mutating func hold(_ key: PublishKey, count: Int, bytes: Int) {
    memories[key.text] = Memory(count: count, bytes: bytes, fingerprint: key.fingerprint)
  }

  /// Remembers the key of a publish that was stored; the oldest goes if there is one too many.
  mutating func store(_ key: PublishKey, bytes: Int, _ receipt: Receipt) {
    memories[key.text] = Memory(
      count: Int(receipt.lastOffset - receipt.firstOffset) + 1,
      bytes: bytes,
      fingerprint: key.fingerprint,
      receipt: receipt
    )
    stored.append((key.text, receipt.appended))
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
