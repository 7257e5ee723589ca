// SPDX-License-Identifier: Apache-2.0
import Operators

/// The least and the greatest price.
struct PriceRange: Aggregate {
  private(set) var result: (least: Int64, greatest: Int64) = (.max, .min)

  mutating func add(_ bid: Bid) {
    result = (min(result.least, bid.price), max(result.greatest, bid.price))
  }

  mutating func merge(_ other: Self) {
    result.least = min(result.least, other.result.least)
    result.greatest = max(result.greatest, other.result.greatest)
  }
}
