// SPDX-License-Identifier: Apache-2.0

extension StableHashable {
  /// Which of so many partitions this key belongs to; the same everywhere.
  @inlinable
  public func partition(of count: Int) -> Int {
    Int(stableHash % UInt64(count))
  }
}
