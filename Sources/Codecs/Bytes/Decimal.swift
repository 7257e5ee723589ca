// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// Appends `number` in decimal digits, with leading zeros up to `width`.
  mutating func append(decimal number: some BinaryInteger, width: Int = 1) {
    precondition(number >= 0, "a sign is the caller's")
    let first = count
    var rest = UInt64(number)
    while rest > 0 || count - first < width {
      append(ASCII.zero + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    }
    var low = first
    var high = count - 1
    while low < high {
      swapAt(low, high)
      low += 1
      high -= 1
    }
  }
}
