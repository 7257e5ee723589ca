// SPDX-License-Identifier: Apache-2.0

/// What libFuzzer made up: choices first, then the bytes to read.
struct FuzzInput {
  private(set) var rest: ArraySlice<UInt8>

  init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
    rest = unsafe Array(UnsafeBufferPointer(start: start, count: count))[...]
  }

  /// A number below 256 that decides something; 0 once nothing is left.
  mutating func choice() -> Int { Int(rest.popFirst() ?? 0) }

  /// The rest in pieces of `count` bytes.
  func pieces(of count: Int) -> [ArraySlice<UInt8>] {
    stride(from: rest.startIndex, to: rest.endIndex, by: max(count, 1)).map {
      rest[$0..<min($0 + max(count, 1), rest.endIndex)]
    }
  }
}

/// Ends the run with a finding.
func expect(_ isAsExpected: Bool, _ expectation: String) {
  guard !isAsExpected else { return }
  print("expected: \(expectation)")
  preconditionFailure(expectation)
}
