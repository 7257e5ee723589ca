// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing
import Transport

@testable import Host

@Suite struct PacingTests {
  private func instant(_ seconds: Double) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
  }

  @Test func `an event is due at the newest time so far`() {
    var pacer = Pacer(.times(60))
    let due = [1_000, 61_000, 31_000, 0, 121_000].map { pacer.due($0) }
    #expect(due == [.zero, .seconds(1), .seconds(1), .seconds(1), .seconds(2)])
  }

  @Test func `slower than recorded takes longer`() {
    var pacer = Pacer(.times(0.5))
    _ = pacer.due(0)
    #expect(pacer.due(1_000) == .seconds(2))
    #expect(pacer.isPacing)
  }

  @Test func `at full speed everything is due at once`() {
    var pacer = Pacer(.maximum)
    _ = pacer.due(0)
    #expect(pacer.due(1_000_000) == .zero)
    #expect(!pacer.isPacing)
  }

  @Test func `the ends of time do not break it`() {
    var pacer = Pacer(.times(1))
    _ = pacer.due(-62_135_596_800_000)
    #expect(pacer.due(253_402_300_799_999) > .seconds(300_000_000_000))
  }

  @Test func `the whole calendar at the slowest speed has an end`() {
    var pacer = Pacer(.times(Pacer.factors.lowerBound))
    _ = pacer.due(-62_167_219_200_000)
    #expect(pacer.due(253_402_300_799_999) < .seconds(316_000_000_000_000))
  }

  @Test(arguments: ["1e-30x", "0.0009x", "1000001x", "1e300x", "infx"])
  func `a speed out of all proportion is used wrongly`(_ text: String) {
    #expect(
      throws: CommandFailure.misuse(
        "--speed does not take '\(text)'",
        remedy: "write a multiple from 0.001x to 1000000x, or max"
      )
    ) { try Pacer.Speed(argument: text) }
  }

  @Test(arguments: [
    ("max", Pacer.Speed.maximum), ("1x", .times(1)), ("0.5x", .times(0.5)),
    ("0.001x", .times(0.001)), ("1000000x", .times(1_000_000)),
  ])
  func `a speed is max or a multiple`(_ text: String, _ speed: Pacer.Speed) throws {
    #expect(try Pacer.Speed(argument: text) == speed)
  }

  @Test(arguments: ["", "x", "60", "0x", "-1x", "infx", "nanx", "fast"])
  func `another speed is used wrongly`(_ text: String) {
    let error = #expect(throws: CommandFailure.self) { try Pacer.Speed(argument: text) }
    #expect(error?.status == 2)
  }

  @Test func `a steady job is estimated exactly`() throws {
    var estimate = ProgressEstimate(totalBytes: 1_000, at: instant(0))
    #expect(estimate.secondsLeft == nil)
    for step in 1...4 {
      estimate.update(
        doneBytes: UInt64(step * 100),
        eventCount: UInt64(step * 10),
        at: instant(Double(step))
      )
    }
    #expect(estimate.percent == 40)
    #expect(abs(estimate.eventsPerSecond - 10) < 1e-9)
    #expect(abs(try #require(estimate.secondsLeft) - 6) < 1e-9)
  }

  @Test func `a change of speed is followed within half a minute, without a jump`() throws {
    var estimate = ProgressEstimate(totalBytes: nil, at: instant(0))
    var count: UInt64 = 0
    for step in 1...60 {
      count += 100
      estimate.update(doneBytes: 0, eventCount: count, at: instant(Double(step)))
    }
    estimate.update(doneBytes: 0, eventCount: count, at: instant(61))
    #expect((85...95).contains(estimate.eventsPerSecond))
    for step in 62...90 {
      estimate.update(doneBytes: 0, eventCount: count, at: instant(Double(step)))
    }
    #expect(estimate.eventsPerSecond < 10)
    #expect(estimate.percent == nil)
    #expect(estimate.secondsLeft == nil)
  }

  @Test func `a measurement without time in between only moves the amount`() {
    var estimate = ProgressEstimate(totalBytes: 10, at: instant(0))
    estimate.update(doneBytes: 5, eventCount: 5, at: instant(0))
    #expect(estimate.percent == 50)
    #expect(estimate.eventsPerSecond == 0)
  }

  @Test func `a limit lets through one per interval`() {
    var limit = RateLimit(every: .milliseconds(200))
    let admitted = [0, 0.1, 0.2, 0.3, 0.39, 0.41, 2].map { limit.admits(instant($0)) }
    #expect(admitted == [true, false, true, false, false, true, true])
  }

  @Test func `a report is an event and a line`() {
    var report = ProgressReport(job: "j", label: "a.log")
    report.percent = 45.678
    report.doneBytes = 457
    report.totalBytes = 1_000
    (report.lines, report.accepted, report.refused) = (1_234_567, 1_234_560, 7)
    report.eventsPerSecond = 999.96
    report.secondsLeft = 61.2
    report.isHeldBack = true
    #expect(
      String(decoding: report.draft.encoded, as: UTF8.self) == #"""
        {"specversion":"1.0","type":"progress","subject":"j","data":{"job":"j","label":"a.log",\#
        "state":"running","percent":45.7,"done":457,"total":1000,"lines":1234567,\#
        "accepted":1234560,"refused":7,"perSecond":1000,"secondsLeft":62}}
        """#
    )
    #expect(
      report.line()
        == "a.log  [#########···········]  45 %  1,234,567 lines  1,000/s  1:02 left  held back by the server"
    )
    report.state = .done
    #expect(report.draft.tags == [EventDraft.Tag(name: "terminal", value: "true")])
  }

  @Test(arguments: [
    (0.0, "0:00"), (7, "0:07"), (59.2, "1:00"), (3_600, "1:00:00"), (1e12, "99:59:59"),
  ])
  func `seconds are written as a clock does`(_ seconds: Double, _ text: String) {
    #expect(ProgressReport.clockTime(seconds) == text)
  }

  @Test func `a chunk ends at a thousand events or 900 KiB`() {
    var chunk = EventChunk()
    for line in 1...1_000 {
      #expect(chunk.fits(1))
      chunk.append([UInt8(ascii: "7")], line: line)
    }
    #expect(!chunk.fits(1))
    #expect((chunk.firstLine, chunk.lastLine) == (1, 1_000))
    #expect(chunk.body.count == 2_001)
    chunk.removeAll()
    let half = [UInt8](repeating: UInt8(ascii: "1"), count: EventChunk.maximumBytes / 2)
    chunk.append(half, line: 5)
    #expect(chunk.firstLine == 5)
    #expect(chunk.fits(half.count - 3))
    #expect(!chunk.fits(half.count - 2))
    chunk.append(Array(half.dropLast(3)), line: 6)
    #expect(chunk.body.count == EventChunk.maximumBytes)
    #expect(EventChunk.canHold(EventChunk.maximumBytes - 2))
    #expect(!EventChunk.canHold(EventChunk.maximumBytes - 1))
  }
}
