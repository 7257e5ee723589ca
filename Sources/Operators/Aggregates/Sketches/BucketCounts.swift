// SPDX-License-Identifier: Apache-2.0
import Streams

/// Counts for a contiguous run of buckets, which ends with the highest that was counted.
///
/// When the run would be longer than its limit, the lowest buckets collapse into the lowest one that
/// is left. What stands in which bucket depends on the elements alone, not on their order.
@usableFromInline
struct BucketCounts: Sendable {
  /// The bucket of the first count.
  @usableFromInline var first = 0
  /// The last is greater than 0.
  @usableFromInline var counts: [Int] = []
  /// How many were counted in a higher bucket than their own; all stand in the first count.
  @usableFromInline var collapsed = 0
  @usableFromInline let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  var total: Int { counts.reduce(into: 0) { $0.accumulate($1) } }

  @inlinable
  mutating func add(to bucket: Int) {
    let place = bucket &- first
    if place >= 0, place < counts.count {
      counts[place].accumulate(1)
    } else {
      add(1, to: bucket)
    }
  }

  @usableFromInline
  mutating func add(_ number: Int, to bucket: Int) {
    if counts.isEmpty { first = bucket }
    if bucket >= first + counts.count { extendUp(to: bucket) }
    let floor = first + counts.count - limit
    if bucket < first { extendDown(to: max(bucket, floor)) }
    if bucket < floor { collapsed.accumulate(number) }
    counts[max(bucket, floor) - first].accumulate(number)
  }

  /// Makes `bucket` the last; the buckets that are then too many collapse.
  private mutating func extendUp(to bucket: Int) {
    let floor = bucket - limit + 1
    if first < floor {
      let lost = counts.prefix(floor - first)
      let moved = lost.reduce(into: 0) { $0.accumulate($1) }
      counts.removeFirst(lost.count)
      first = floor
      if counts.isEmpty { counts.append(0) }
      counts[0].accumulate(moved)
      collapsed = moved
    }
    counts.append(contentsOf: repeatElement(0, count: bucket - first - counts.count + 1))
  }

  private mutating func extendDown(to bucket: Int) {
    counts.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
    first = bucket
  }

  @usableFromInline
  mutating func merge(_ other: Self) {
    guard !counts.isEmpty else {
      self = other
      return
    }
    for place in other.counts.indices.reversed() where other.counts[place] > 0 {
      add(other.counts[place], to: other.first + place)
    }
    // What had collapsed in `other` and stands where its own bucket would be was not seen above.
    let floor = first + counts.count - limit
    if other.collapsed > 0, other.first >= floor { collapsed.accumulate(other.collapsed) }
  }

  func encode(into encoder: inout StateEncoder) {
    encoder.write(count: counts.count)
    guard !counts.isEmpty else { return }
    encoder.write(count: first)
    encoder.write(counts: counts)
    encoder.write(count: collapsed)
  }

  /// Reads counts of buckets up to `greatest`.
  mutating func restore(from decoder: inout StateDecoder, upTo greatest: Int) throws(StateError) {
    let start = decoder.index
    let size = try decoder.readTotal()
    guard size <= limit else { throw .malformed(at: start, expected: "at most \(limit) buckets") }
    self = BucketCounts(limit: limit)
    guard size > 0 else { return }
    first = try decoder.readTotal()
    guard first <= greatest, first + size - 1 <= greatest else {
      throw .malformed(at: start, expected: "buckets up to \(greatest)")
    }
    counts = try decoder.readCounts(size: size)
    collapsed = try decoder.readTotal()
    guard counts[size - 1] > 0, collapsed <= counts[0], collapsed == 0 || size == limit else {
      throw .malformed(at: start, expected: "counts of buckets")
    }
  }
}
