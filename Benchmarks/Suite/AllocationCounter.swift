// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How often the process has allocated, as `Benchmarks/Baselines/malloc-count.c` counts it.
struct AllocationCounter: Sendable {
  private let read: @convention(c) () -> UInt64

  /// `nil` where the counting library was not loaded.
  init?() {
    guard let symbol = dlsym(nil, "weir_allocations") else { return nil }
    read = unsafeBitCast(symbol, to: (@convention(c) () -> UInt64).self)
  }

  /// Since the process began.
  var count: Int { Int(read()) }
}
