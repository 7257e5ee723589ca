// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct TimestampTests {
  @Test func `arithmetic saturates at both ends`() {
    let second = Duration.seconds(1)
    let longest = Duration.seconds(Int64.max)
    let shortest = Duration.seconds(Int64.min)
    #expect(Timestamp.never + second == .never)
    #expect(Timestamp.distantPast - second == .distantPast)
    #expect(Timestamp(milliseconds: 5) + longest == .never)
    #expect(Timestamp(milliseconds: 5) - longest == Timestamp(milliseconds: 5 - Int64.max))
    #expect(Timestamp(milliseconds: -5) - longest == .distantPast)
    #expect(Timestamp(milliseconds: 5) - shortest == .never)
    #expect(Timestamp(milliseconds: -5) + shortest == .distantPast)
    #expect(Timestamp.never.advanced(byMilliseconds: -1).milliseconds == .max - 1)
    #expect(Timestamp.distantPast.advanced(byMilliseconds: .min) == .distantPast)
  }

  @Test func `arithmetic is exact in between`() {
    #expect(Timestamp(milliseconds: 1_000) + .milliseconds(-1) == 999)
    #expect(Timestamp(milliseconds: 1_000) - .seconds(2) == -1_000)
    #expect(Timestamp(milliseconds: -1) < 0)
  }

  @Test func `a duration is rounded towards zero and saturates`() {
    #expect(Duration.microseconds(1_999).wholeMilliseconds == 1)
    #expect(Duration.microseconds(-1_999).wholeMilliseconds == -1)
    #expect(Duration.nanoseconds(999_999).wholeMilliseconds == 0)
    #expect((Duration.seconds(-1) + .milliseconds(1)).wholeMilliseconds == -999)
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
    #expect(Duration.seconds(86_400).wholeMilliseconds == 86_400_000)
  }

  @Test func `the system clock tells this century and does not sleep for the past`() async throws {
    let clock = SystemClock()
    #expect(clock.now > 1_700_000_000_000)
    try await clock.sleep(until: clock.now)
    try await clock.sleep(until: .distantPast)
  }
}

@Suite struct EpochTests {
  @Test func `the text form reads back`() {
    for value: UInt64 in [1, 35, 36, .max, 0x1234_5678_9ABC_DEF0] {
      let epoch = Epoch(rawValue: value)
      #expect(Epoch(epoch.description) == epoch)
    }
    #expect(Epoch(rawValue: 35).description == "z")
  }

  @Test(arguments: ["", "0", "01", "Z", "+1", "-1", " 1", "1 ", "é", "3w5e11264sgsg", "a.b"])
  func `another text is no epoch`(text: String) {
    #expect(Epoch(text) == nil)
  }

  @Test func `epochs differ`() {
    #expect(Set((0..<100).map { _ in Epoch() }).count == 100)
  }
}

@Suite struct TopicNameTests {
  @Test(
    arguments: [
      "a", "orders.eu", "sensor/1", "é", "日本", "a_b", "-", String(repeating: "x", count: 255),
    ]
  )
  func `a plain name is allowed`(name: String) throws {
    try TopicName.check(name)
  }

  @Test(
    arguments: [
      "", "_internal", "a b", "a\tb", "a\nb", "a?", "*", "\u{7F}", "\u{0}", "a\u{85}", "\u{A0}b",
      "\u{2028}", String(repeating: "x", count: 256), String(repeating: "é", count: 128),
    ]
  )
  func `another name is refused with the rule it breaks`(name: String) {
    let error = #expect(throws: TopicName.Violation.self) { try TopicName.check(name) }
    #expect(error?.description.hasPrefix("a topic name") == true)
  }
}
