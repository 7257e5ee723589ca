// SPDX-License-Identifier: Apache-2.0

/// The bytes that hexadecimal digits spell, spaces aside.
func hex(_ digits: String) -> [UInt8] {
  let values = digits.compactMap(\.hexDigitValue)
  return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}
