// SPDX-License-Identifier: Apache-2.0
import Operators

/// The same aggregate over all bids, the low, the middling and the high ones.
struct ByRank<Part: Aggregate>: Aggregate where Part.Input == Bid {
  private var all: Part
  private var low: Part
  private var middle: Part
  private var high: Part

  init(_ empty: Part) {
    all = empty
    low = empty
    middle = empty
    high = empty
  }

  mutating func add(_ bid: Bid) {
    all.add(bid)
    if bid.price < 10_000 {
      low.add(bid)
    } else if bid.price < 1_000_000 {
      middle.add(bid)
    } else {
      high.add(bid)
    }
  }

  mutating func merge(_ other: Self) {
    all.merge(other.all)
    low.merge(other.low)
    middle.merge(other.middle)
    high.merge(other.high)
  }

  var result: RankedResults<Part.Result> {
    RankedResults(all: all.result, low: low.result, middle: middle.result, high: high.result)
  }
}

/// What an aggregate comes to over all bids, and over those below 10,000, below 1,000,000 and above.
struct RankedResults<Result: Sendable>: Sendable {
  let all: Result
  let low: Result
  let middle: Result
  let high: Result
}

extension RankedResults: RowField where Result: RowField {
  func write(to text: inout CSVText) {
    for result in [all, low, middle, high] { result.write(to: &text) }
  }
}

extension DistinctCount: RowField {
  func write(to text: inout CSVText) { text.field(isExact ? "\(count)" : "over \(count)") }
}

/// An estimate with its standard error behind it, such as `1024±0.008125`; an exact count alone.
extension DistinctEstimate: RowField {
  func write(to text: inout CSVText) {
    text.field(isExact ? "\(count)" : "\(count)±\(standardError)")
  }
}
