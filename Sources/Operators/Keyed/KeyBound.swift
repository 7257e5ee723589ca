// SPDX-License-Identifier: Apache-2.0

/// What becomes of an element with a new key when an operator keeps as many keys as it may.
public enum KeyBound: Hashable, Sendable {
  /// The key that was silent longest goes, and counts as `evicted`.
  case evictOldest
  /// The element is dropped, and counts as `rejected`.
  case reject
}
