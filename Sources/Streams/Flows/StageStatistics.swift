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

  /// Makes the statistics of a stage.
  public init(_ name: String, _ counters: KeyValuePairs<String, UInt64> = [:]) {
    self.name = name
    self.counters = counters.map { Counter(name: $0.key, value: $0.value) }
  }

  /// The counter of that name; 0 if there is none.
  public subscript(counter: String) -> UInt64 {
    counters.first { $0.name == counter }?.value ?? 0
  }
}
