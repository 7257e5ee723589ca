// SPDX-License-Identifier: Apache-2.0

/// An aggregate of a stage, with the name that its result is given.
struct ChainMeasure: Sendable {
  enum Kind: Sendable {
    case count
    case sum
    case mean
    case min
    case max
    case variance
    case deviation
    case first
    case last
    case earliest
    case latest
    case quantile([Double], isList: Bool)
    case distinct(upTo: Int)
    case approximateDistinct
    case topk(Int, upTo: Int)
    case heavyHitters(Int, entries: Int)
    case histogram([Double])
    case collect(upTo: Int)
  }

  var name: String
  var kind: Kind
  /// What it is of; only a count may be of nothing, then it counts all.
  var field: ChainField?

  /// What it takes for each key and window at most, in bytes; a value that is kept counts 128.
  var stateBytes: Int {
    switch kind {
    case .count, .sum, .min, .max, .mean: 64
    case .variance, .deviation: 96
    case .first, .last, .earliest, .latest: 192
    case .quantile: 128 + 16 * ChainMeasure.quantileBuckets
    case .distinct(let limit): 96 + 128 * limit
    case .approximateDistinct: 96 + 16 << 10
    case .topk(_, let limit): 96 + 160 * limit
    case .heavyHitters(_, let entries): 96 + 192 * entries
    case .histogram(let boundaries): 96 + 16 * boundaries.count
    case .collect(let limit): 96 + 128 * limit
    }
  }

  /// Buckets for the numbers of one sign: enough at 1 % for numbers that differ by a factor of 10⁸.
  static let quantileBuckets = 1_024

  /// Whether it takes numbers and nothing else.
  var isNumeric: Bool {
    switch kind {
    case .sum, .mean, .min, .max, .variance, .deviation, .quantile, .histogram: true
    case .count, .first, .last, .earliest, .latest, .distinct, .approximateDistinct, .topk,
      .heavyHitters, .collect:
      false
    }
  }

  /// Whether it takes lists and maps too, as JSON text.
  var takesContainers: Bool {
    switch kind {
    case .first, .last, .earliest, .latest, .collect: true
    default: false
    }
  }
}
