// SPDX-License-Identifier: Apache-2.0

/// What a topic keeps only once it is asked for: most topics of a server never are, and there may be
/// many of them.
///
/// It belongs to one ``TopicState`` and is touched only under that topic's lock.
final class TopicExtras<Element: Sendable> {
  /// What is remembered of publishes with a key.
  var keys: PublishKeys
  /// What knows the newest entry of each key, kept up at each publish.
  var indexes = TopicIndexes<Element>()
  /// Who waits for the table that is being read from a journal; `nil` while none is.
  var tableWaiters: [OneShot<TableFailure?>]?
  /// Why it could not be read the last time.
  var tableFailure: TableFailure?
  /// Those who wait and of whom only the end is of interest.
  var endWaiters: [TopicState<Element>.Waiter] = []
  /// The lives of the log that this one goes on with, the oldest first.
  var formerLives: [FormerLife] = []
  /// Publishes that had to wait for a lossless cursor, in all.
  var heldPublishes: UInt64 = 0
  /// Elements of pipelines that were too large for any publish.
  var oversized: UInt64 = 0
  /// Publishes that had the key of an earlier one.
  var repeatedPublishes: UInt64 = 0

  init(keys: IdempotencyLimits) {
    self.keys = PublishKeys(limits: keys)
  }

  /// Tells whether anything of it keeps the topic in use.
  func isInUse(now: Timestamp) -> Bool {
    keys.expire(now: now)
    return keys.count > 0 || !endWaiters.isEmpty || indexes.holdSomething
  }
}
