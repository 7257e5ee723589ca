// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Cuts slices of memory into records: small ones are joined, large ones are taken as they lie.
struct RecordCutter {
  private let slices: UnsafeBufferPointer<iovec>
  private let record: UnsafeMutableRawBufferPointer
  private var index = 0
  private var offset = 0

  /// Begins with the first byte of the first slice.
  ///
  /// - Parameters:
  ///   - slices: What is to be sent, in this order.
  ///   - record: Memory in which slices are joined; its size is that of a record.
  init(_ slices: UnsafeBufferPointer<iovec>, joiningIn record: UnsafeMutableRawBufferPointer) {
    self.slices = slices
    self.record = record
  }

  /// The bytes of the next record, valid until the one after; `nil` when nothing is left.
  mutating func next() -> UnsafeRawBufferPointer? {
    var joined = 0
    while index < slices.count {
      let slice = slices[index]
      let rest = UnsafeRawBufferPointer(start: slice.iov_base, count: slice.iov_len)[offset...]
      let isWhole = joined == 0 && (rest.count >= record.count || index == slices.count - 1)
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(record.count - joined))
      if !isWhole {
        UnsafeMutableRawBufferPointer(rebasing: record[joined...]).copyMemory(from: part)
      }
      joined += part.count
      step(over: part.count)
      if isWhole, !part.isEmpty { return part }
      if joined == record.count { break }
    }
    return joined == 0 ? nil : UnsafeRawBufferPointer(rebasing: record[..<joined])
  }

  private mutating func step(over count: Int) {
    offset += count
    guard offset == slices[index].iov_len else { return }
    (index, offset) = (index + 1, 0)
  }
}
