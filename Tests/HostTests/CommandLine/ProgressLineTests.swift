// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@testable import Host

@Suite struct ProgressLineTests {
  private func report(_ label: String = "access-2026-01-02.log") -> ProgressReport {
    var report = ProgressReport(job: "j", label: label)
    report.percent = 45.678
    report.lines = 1_234_567
    report.eventsPerSecond = 999.96
    report.secondsLeft = 61.2
    return report
  }

  @Test(arguments: [
    (
      88, "access-2026-01-02.log  [#########···········]  45 %  1,234,567 lines  1,000/s  1:02 left"
    ),
    (80, "access-2026-01-02.log  [#####·······]  45 %  1,234,567 lines  1,000/s  1:02 left"),
    (70, "access-2026-01-02.log  45 %  1,234,567 lines  1,000/s  1:02 left"),
    (60, "access-2026-01-02.log  45 %  1,234,567 lines  1:02 left"),
    (50, "access-2026-01-02.log  45 %  1:02 left"),
    (30, "access…02.log  45 %  1:02 left"),
    (20, "a…g  45 %  1:02 left"),
    (19, "45 %  1:02 left"),
  ])
  func `the bar shrinks first, then rate, lines and label go`(_ columns: Int, _ text: String) {
    let line = report().line(columns: columns)
    #expect(line == text)
  }

  @Test(arguments: ["a", "access-2026-01-02.log", "日本語のとても長いファイル名.log", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦"])
  func `no line is longer than it may be, and percentage and time left stay`(_ label: String) {
    var report = report(label)
    report.secondsLeft = 1e9
    for isHeldBack in [false, true] {
      report.isHeldBack = isHeldBack
      for columns in 0...200 {
        let line = report.line(columns: columns)
        #expect(line.columnCount <= columns)
        if columns >= 19 { #expect(line.contains("45 %") && line.contains("99:59:59 left")) }
      }
    }
  }

  @Test func `one line is singular`() {
    var report = report("a")
    report.lines = 1
    #expect(report.line().contains("  1 line  "))
    #expect(0.counted("line") == "0 lines")
    #expect(2_000.counted("line") == "2,000 lines")
  }

  @Test func `the width is asked for at each drawing, and 80 when unknown`() throws {
    let (server, console) = (FakeServer(), FakeConsole())
    console.isErrorTerminal = true
    let reporter = ProgressReporter(client: try server.client(), console: console)
    var drawn: [Int] = []
    for (second, columns) in [nil, 100, 24].enumerated() {
      console.errorColumns = columns
      let before = console.errors.unicodeScalars.count
      reporter.update(
        report("access-of-a-rather-long-day-2026-01-02-until-noon-and-beyond-it-and-on.log"),
        at: MonotonicInstant(nanoseconds: Int64(second) * 1_000_000_000)
      )
      drawn.append(console.errors.unicodeScalars.count - before - "\r\u{1B}[K".unicodeScalars.count)
    }
    #expect(drawn == [79, 99, 23])
  }

  @Test(arguments: [false, true])
  func `a followed job says that the server was away and came back`(_ follows: Bool) throws {
    let (server, console) = (FakeServer(), FakeConsole())
    server.endsReports = true
    let reporter = ProgressReporter(
      client: try server.client(),
      console: console,
      tellsReturn: follows
    )
    for second in 0..<20 {
      if second == 2 { server.refusedCount = 4 }
      reporter.update(report(), at: MonotonicInstant(nanoseconds: Int64(second) * 1_000_000_000))
    }
    // Refused at 2, 3, 5 and 7 seconds, then once a second again.
    #expect(server.reports.count == (follows ? 13 : 2))
    let told = """
      weir: connect fake: Connection refused: trying again every 2 s
      weir: connected again

      """
    #expect(console.errors == (follows ? told : ""))
  }

  @Test(arguments: [
    (1.9, 50, nil), (2, 0, nil), (2, 9, nil), (2, 10, 198), (4, 500, 4), (1.9, 500, nil),
  ])
  func `no time left is told before two seconds and one percent`(
    _ seconds: Double,
    _ bytes: UInt64,
    _ left: Double?
  ) {
    let start = MonotonicInstant(nanoseconds: 0)
    let now = MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
    var estimate = ProgressEstimate(totalBytes: 1_000, at: start)
    estimate.update(doneBytes: bytes, eventCount: 1, at: now)
    #expect(estimate.secondsLeft?.rounded() == left)
  }

  @Test func `the time left of a paced job is told at once`() throws {
    let start = MonotonicInstant(nanoseconds: 0)
    var estimate = ProgressEstimate(totalBytes: 1_000, isPaced: true, at: start)
    estimate.update(doneBytes: 1, eventCount: 1, at: start.advanced(by: .seconds(1)))
    #expect(try #require(estimate.secondsLeft).rounded() == 999)
  }
}
