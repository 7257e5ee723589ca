// SPDX-License-Identifier: Apache-2.0

// The files under /proc are lines of words separated by blanks: proc_stat(5), proc_meminfo(5).

extension [UInt8] {
  /// The lines of a text, without their line feeds and without empty ones.
  var procLines: [ArraySlice<UInt8>] {
    split(separator: UInt8(ascii: "\n"))
  }
}

extension ArraySlice<UInt8> {
  /// The words of a line: what stands between spaces and tabs.
  var procWords: [ArraySlice<UInt8>] {
    split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  /// The bytes as text; what is not UTF-8 reads as U+FFFD.
  var procText: String { String(decoding: self, as: UTF8.self) }

  /// The number that the digits make; `nil` for anything else, or when 64 bits do not hold it.
  var procNumber: UInt64? {
    guard !isEmpty else { return nil }
    var number: UInt64 = 0
    for byte in self {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (shifted, overflows) = number.multipliedReportingOverflow(by: 10)
      let (sum, carries) = shifted.addingReportingOverflow(UInt64(digit))
      guard !overflows, !carries else { return nil }
      number = sum
    }
    return number
  }

  /// Whether there are bytes and all are digits.
  var isDigits: Bool {
    !isEmpty && allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
  }
}
