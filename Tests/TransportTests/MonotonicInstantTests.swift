// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct MonotonicInstantTests {
  private let start = MonotonicInstant(nanoseconds: 1_000)

  @Test func `instants and durations add up`() {
    let later = start.advanced(by: .milliseconds(1_500))
    #expect(later.nanoseconds == 1_500_001_000)
    #expect(start.duration(to: later) == .milliseconds(1_500))
    #expect(later.advanced(by: .seconds(-1.5)) == start)
    #expect(start < later)
    #expect(MonotonicInstant.now <= MonotonicInstant.now)
  }

  @Test func `a distance too great ends at the far end of time`() {
    #expect(start.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
    #expect(start.advanced(by: .seconds(9_223_372_036)).nanoseconds == 9_223_372_036_000_001_000)
    #expect(start.advanced(by: .seconds(9_223_372_037)).nanoseconds == .max)
  }

  @Test func `durations of any length are counted to the nanosecond`() {
    for power in 0..<18 {
      for digit in [1, 3, 7, 9] as [Int64] {
        var count = digit
        for _ in 0..<power { count *= 10 }
        let duration = Duration.nanoseconds(count)
        #expect(start.advanced(by: duration).nanoseconds == 1_000 + count)
        #expect(start.advanced(by: .zero - duration).nanoseconds == 1_000 - count)
      }
    }
    // What is less than a nanosecond is dropped, toward zero.
    let bit = Duration(secondsComponent: 2, attosecondsComponent: 999_999_999)
    #expect(start.advanced(by: bit).nanoseconds == 2_000_001_000)
    #expect(start.advanced(by: .zero - bit).nanoseconds == -1_999_999_000)
    #expect(start.advanced(by: .seconds(Int64.min)).nanoseconds < -9_223_372_036_000_000_000)
  }

  @Test func `waits are rounded up, so that none ends early`() {
    func left(_ nanoseconds: Int64) -> CInt {
      MonotonicInstant(nanoseconds: 1_000 + nanoseconds).millisecondsLeft(from: start)
    }
    #expect(left(-1) == 0)
    #expect(left(0) == 0)
    #expect(left(1) == 1)
    #expect(left(1_000_000) == 1)
    #expect(left(1_000_001) == 2)
    #expect(MonotonicInstant(nanoseconds: .max).millisecondsLeft(from: start) == .max)
  }
}
