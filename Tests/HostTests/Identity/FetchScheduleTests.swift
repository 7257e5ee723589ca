// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Host

@Suite struct FetchScheduleTests {
  private let start = Timestamp(milliseconds: 1_000_000)

  @Test func `the first fetch is due at once`() {
    let schedule = FetchSchedule()
    #expect(
      schedule.due <= start && schedule.allowsFetch(at: start) && !schedule.isStale(at: start)
    )
  }

  @Test
  func `after a success the next is due in ten minutes, or for an unknown key in ten seconds`() {
    var schedule = FetchSchedule()
    schedule.succeeded(at: start)
    #expect(schedule.due == start + .seconds(600))
    #expect(!schedule.allowsFetch(at: start + .milliseconds(9_999)))
    #expect(schedule.allowsFetch(at: start + .seconds(10)))
  }

  @Test func `after failures the next is due ever later`() {
    var schedule = FetchSchedule()
    let pauses = (0..<100).map { _ in
      schedule.failed(at: start)
      return (schedule.due.milliseconds - start.milliseconds) / 1_000
    }
    #expect(pauses.prefix(8) == [10, 20, 40, 80, 160, 320, 600, 600])
    #expect(pauses.dropFirst(6).allSatisfy { $0 == 600 })
  }

  @Test func `keys are stale a day after the last success, if it can't be had again`() {
    var schedule = FetchSchedule()
    schedule.succeeded(at: start)
    let after = start + .seconds(86_400)
    #expect(!schedule.isStale(at: after))
    schedule.failed(at: start + .seconds(600))
    #expect(!schedule.isStale(at: after - .milliseconds(1)))
    #expect(schedule.isStale(at: after))
    schedule.succeeded(at: after)
    #expect(!schedule.isStale(at: after))
  }

  @Test func `what was never there is not stale`() {
    var schedule = FetchSchedule()
    schedule.failed(at: start)
    #expect(!schedule.isStale(at: .never))
  }
}
