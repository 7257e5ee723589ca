// SPDX-License-Identifier: Apache-2.0

/// Hears which keys an index gains and loses; touched only under the topic's lock.
@usableFromInline
class KeyObserver<Key: Hashable & Sendable> {
  @inlinable
  init() {}

  /// Hears of a key that has an entry now and had none.
  @usableFromInline
  func added(_ key: Key) {}

  /// Hears of a key that has no entry any more.
  @usableFromInline
  func removed(_ key: Key) {}
}

/// Keeps the keys of an index in order, so that they can be read page by page.
final class KeyOrder: KeyObserver<String> {
  private(set) var keys = SortedKeys()

  override func added(_ key: String) { keys.insert(key) }
  override func removed(_ key: String) { keys.remove(key) }
}
