// SPDX-License-Identifier: Apache-2.0

/// How cursors conflate what they have not read: to the newest entry per key.
///
/// Make it once and give it to every cursor that shall use it: each topic keeps one index for all
/// its cursors with the same conflation, up to date at each publish, as long as there is one.
///
/// ```swift
/// let byTask = Conflation<Progress>(by: \.id, terminal: { $0.isDone })
/// let cursor = Cursor(topic, from: .latest, overrun: .latest(byTask))
/// ```
public final class Conflation<Element: Sendable>: Sendable {
  /// The most keys of an index; beyond it the oldest go.
  public let maximumKeys: Int
  /// The most bytes of an index, by the topic's weigher; beyond it the oldest entries go.
  public let maximumBytes: Int
  let makeIndex: @Sendable (Weigher<Element>) -> any TopicIndex<Element>

  /// Makes a conflation.
  ///
  /// - Parameters:
  ///   - key: What an entry is about. It is called while the topic is locked: it is short and does
  ///     not touch the topic.
  ///   - isTerminal: Whether an entry is delivered even though there is a newer one of its key; the
  ///     same rules hold for it. Default: none is.
  ///   - maximumKeys: The most keys of an index, and the most older terminal entries that wait for a
  ///     reader. Default 100,000.
  ///   - maximumBytes: The most bytes of an index, but for a single entry. Default 64 MiB.
  @inlinable
  public convenience init<Key: Hashable & Sendable>(
    by key: @escaping @Sendable (Element) -> Key,
    terminal isTerminal: @escaping @Sendable (Element) -> Bool = { _ in false },
    maximumKeys: Int = 100_000,
    maximumBytes: Int = 64 << 20
  ) {
    let rules = KeyRules(
      key: key,
      kind: { isTerminal($0) ? .terminal : .ordinary },
      maximumKeys: maximumKeys,
      maximumBytes: maximumBytes
    )
    self.init(maximumKeys, maximumBytes) { KeyIndex(rules, weigher: $0) }
  }

  @usableFromInline
  init(
    _ maximumKeys: Int,
    _ maximumBytes: Int,
    makeIndex: @escaping @Sendable (Weigher<Element>) -> any TopicIndex<Element>
  ) {
    self.maximumKeys = maximumKeys
    self.maximumBytes = maximumBytes
    self.makeIndex = makeIndex
  }
}

extension Conflation: Hashable {
  /// Tells whether both are the same object: closures can't be compared.
  public static func == (left: Conflation, right: Conflation) -> Bool { left === right }

  /// Hashes which object it is.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(self))
  }
}
