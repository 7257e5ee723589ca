// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Windows that are written down at any moment, and states that were damaged.
@Suite struct WindowCutTests {
  private func log(seed: Int) -> [Happening<Reading>] {
    var random = SeededGenerator(seed)
    var log: [Happening<Reading>] = []
    for number in 0..<60 {
      let now = Timestamp(milliseconds: Int64(number * 2))
      let time = Int64(number * 2) - Int64.random(in: 0...30, using: &random)
      let key = ["a", "b", "c"].randomElement(using: &random) ?? "a"
      let reading = Reading(key: key, time: Timestamp(milliseconds: time), value: number)
      log.append(.element(reading, at: now))
      if number % 3 == 0 {
        log.append(.watermark(Timestamp(milliseconds: Int64(number * 2 - 12)), at: now))
      }
    }
    return log
  }

  private let flow = Topic<Reading>("t").flow()

  private func sliding(_ limit: Int) -> some Operator<Reading, WindowResult<String, Tally.Result>> {
    flow.window(
      .sliding(.milliseconds(12), every: .milliseconds(4)),
      by: \.key,
      at: \.time,
      lateness: .milliseconds(9)
    )
    .withTotal().limited(to: limit, .evictOldest).aggregate { Tally() }.chain
  }

  private func triggered() -> some Operator<Reading, WindowResult<String, Tally.Result>> {
    flow.window(.tumbling(.milliseconds(7)), by: \.key, at: \.time, lateness: .milliseconds(9))
      .triggering(early: .every(.milliseconds(5)), late: .count(2))
      .discarding().closing(.always).firingEmptyWindows().limited(to: 9, .evictOldest)
      .aggregate { Tally() }.chain
  }

  private func sessions(
    _ limit: Int
  ) -> some Operator<Reading, WindowResult<String, Tally.Result>> {
    flow.window(.session(gap: .milliseconds(6)), by: \.key, at: \.time, lateness: .milliseconds(9))
      .triggering(early: .count(2), late: .count(2)).limited(to: limit, .evictOldest)
      .aggregate { Tally() }.chain
  }

  @Test(arguments: 0..<3)
  func `windows go on from any cut, and refuse damaged states`(seed: Int) {
    let log = log(seed: seed)
    CutTest(log, room: 1) { sliding(1_000) }.expectSameWhereverCut(limit: 40)
    CutTest(log, room: 1) { sliding(7) }.expectSameWhereverCut(limit: 40)
    CutTest(log, room: 1) { triggered() }.expectSameWhereverCut(limit: 40)
    CutTest(log, room: 1) { sessions(1_000) }.expectSameWhereverCut(limit: 40)
    CutTest(log, room: 2) { sessions(3) }.expectSameWhereverCut(limit: 40)
  }

  @Test func `a state is that of the windows that wrote it`() throws {
    var encoder = StateEncoder()
    var sessions = sessions(9)
    try sessions.encode(into: &encoder)
    #expect(throws: StateError.otherStage(expected: "window", found: "session window")) {
      var decoder = StateDecoder(encoder.bytes)
      var windows = triggered()
      try windows.restore(from: &decoder)
    }
  }
}
