// SPDX-License-Identifier: Apache-2.0
import Codecs
import Synchronization
import Transport

/// Remembers tokens whose signatures were good, so that a client that sends its token with every
/// request costs a hash and not a signature.
///
/// A token is known by its digest alone, and only for the keys that verified it. Times, revocations
/// and everything else are checked each time. When it is full, the one that was remembered first is
/// forgotten.
///
/// Measured on 2 cores, medians of five times 2,000 tokens, first and again: HS256 15.7 and 6.3 µs,
/// RS256 64 and 10 µs, ES256 100 and 6.1 µs, EdDSA 150 and 6.2 µs.
final class VerifiedTokens: Sendable {
  private struct Entry {
    let claims: JSONView
    let generation: UInt64
  }

  private struct State {
    var entries: [[UInt8]: Entry] = [:]
    /// The digests in the order of their coming, as a ring.
    var order: [[UInt8]] = []
    var oldest = 0
  }

  private let state = Mutex(State())
  private let capacity: Int

  /// - Parameter capacity: The most tokens; by default 1,024, of at most 8 KiB each.
  init(capacity: Int = 1_024) {
    self.capacity = capacity
  }

  static func digest(of token: [UInt8]) -> [UInt8] { Digest.sha256(token) }

  /// The claims of a token that those keys have verified.
  func claims(_ digest: [UInt8], generation: UInt64) -> JSONView? {
    state.withLock { state in
      guard let entry = state.entries[digest], entry.generation == generation else { return nil }
      return entry.claims
    }
  }

  /// Remembers a token.
  func insert(_ digest: [UInt8], _ claims: JSONView, generation: UInt64) {
    guard capacity > 0 else { return }
    state.withLock { state in
      let isNew =
        state.entries.updateValue(Entry(claims: claims, generation: generation), forKey: digest)
        == nil
      guard isNew else { return }
      if state.order.count < capacity {
        state.order.append(digest)
      } else {
        state.entries[state.order[state.oldest]] = nil
        state.order[state.oldest] = digest
        state.oldest = (state.oldest + 1) % capacity
      }
    }
  }

  /// How many are remembered.
  var count: Int { state.withLock { $0.entries.count } }
}
