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

  /// Makes the statistics of a stage that consists of others.
  ///
  /// - Parameters:
  ///   - name: What the whole is called.
  ///   - parts: The others, of which all counters are shown, in order.
  ///   - received: How many elements went in.
  ///   - emitted: How many came out.
  public init(
    _ name: String,
    around parts: [StageStatistics],
    received: UInt64,
    emitted: UInt64
  ) {
    let whole = [Counter(name: "in", value: received), Counter(name: "out", value: emitted)]
    self.init(name, whole + parts.flatMap(\.counters), .exactly(emitted))
  }

  /// What the same stages have counted side by side, all together.
  static func sums(of lanes: [[StageStatistics]]) -> [StageStatistics] {
    let longest = lanes.max { $0.count < $1.count } ?? []
    return longest.indices.map { index in
      var sum = longest[index].emptied
      for stages in lanes where index < stages.count { sum.add(stages[index]) }
      return sum
    }
  }

  private var emptied: StageStatistics {
    StageStatistics(name, counters.map { Counter(name: $0.name, value: 0) }, passage.emptied)
  }

  private mutating func add(_ other: StageStatistics) {
    let counters = counters.map { Counter(name: $0.name, value: $0.value &+ other[$0.name]) }
    self = StageStatistics(name, counters, passage.sum(with: other.passage))
  }

  private init(_ name: String, _ counters: [Counter], _ passage: Passage) {
    self.name = name
    self.counters = counters
    self.passage = passage
  }

  /// The counter of that name; 0 if there is none.
  public subscript(counter: String) -> UInt64 {
    counters.first { $0.name == counter }?.value ?? 0
  }
}

extension StageStatistics.Passage {
  fileprivate var emptied: Self {
    switch self {
    case .all: .all(but: 0)
    case .exactly: .exactly(0)
    case .each, .unknown: self
    }
  }

  /// That of both together.
  fileprivate func sum(with other: Self) -> Self {
    switch (self, other) {
    case (.each, .each): .each
    case (.each, .all(let missing)), (.all(let missing), .each): .all(but: missing)
    case (.all(let first), .all(let second)): .all(but: first &+ second)
    case (.exactly(let first), .exactly(let second)): .exactly(first &+ second)
    default: .unknown
    }
  }
}
