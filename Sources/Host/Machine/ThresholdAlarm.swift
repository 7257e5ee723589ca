// SPDX-License-Identifier: Apache-2.0

/// Tells when a value goes above its threshold, and when it is well below it again.
///
/// Between nine tenths of the threshold and the threshold nothing changes, so a value that hovers
/// there does not make an event each second.
struct ThresholdAlarm: Equatable, Sendable {
  /// What a value may mean.
  enum Change: Equatable {
    case high
    case normal
  }

  /// The share of the threshold below which a high value is normal again.
  static let release = 0.9

  private(set) var isHigh = false

  /// Takes the next value; answers only when the state changes.
  mutating func update(_ value: Double, threshold: Double) -> Change? {
    let limit = isHigh ? threshold * Self.release : threshold
    let wasHigh = isHigh
    isHigh = isHigh ? value >= limit : value > limit
    if wasHigh == isHigh { return nil }
    return isHigh ? .high : .normal
  }
}
