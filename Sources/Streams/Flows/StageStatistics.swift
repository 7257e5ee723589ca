// SPDX-License-Identifier: Apache-2.0

/// What one stage of a flow has counted.
public struct StageStatistics: Hashable, Sendable {
  /// One counter: why, and how often.
  public struct Counter: Hashable, Sendable {
    /// What was counted, in one word such as `late`, `conflated` or `dropped`.
    public let name: String
    /// How often.
    public let value: UInt64
  }

  /// The operator's name, as it is called on a flow.
  public let name: String
  /// What it counted, in a fixed order.
  public let counters: [Counter]
  /// How the number of elements that came out follows from that of those which went in.
  public let passage: Passage

  /// How many elements come out of a stage.
  public enum Passage: Hashable, Sendable {
    /// One for each that went in.
    case each
    /// One for each that went in, but for so many.
    case all(but: UInt64)
    /// So many.
    case exactly(UInt64)
    /// It was not counted: counting costs more than some operators do.
    case unknown
  }

  /// The number of elements that came out when `count` went in, if that is known.
  public func out(of count: UInt64?) -> UInt64? {
    switch passage {
    case .each: count
    case .all(let missing): count.map { $0 >= missing ? $0 - missing : 0 }
    case .exactly(let number): number
    case .unknown: nil
    }
  }

  /// Makes the statistics of a stage.
  ///
  /// - Parameters:
  ///   - name: The operator's name, as it is called on a flow.
  ///   - counters: What it counted, in a fixed order.
  ///   - passage: How many elements come out. Default: unknown.
  public init(
    _ name: String,
    _ counters: KeyValuePairs<String, UInt64> = [:],
    passage: Passage = .unknown
  ) {
    self.name = name
    self.passage = passage
    self.counters = counters.map { Counter(name: $0.key, value: $0.value) }
  }

  /// The counter of that name; 0 if there is none.
  public subscript(counter: String) -> UInt64 {
    counters.first { $0.name == counter }?.value ?? 0
  }
}
