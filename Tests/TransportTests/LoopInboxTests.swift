// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct LoopInboxTests {
  private func running() -> LoopInbox {
    var inbox = LoopInbox()
    inbox.start()
    return inbox
  }

  @Test func `only the first work after falling asleep wakes the loop`() {
    var inbox = running()
    #expect(inbox.add(.body {}) == .none)
    #expect(inbox.fallAsleep() == false, "work waits")
    var work: [LoopInbox.Work] = []
    inbox.take(into: &work)
    #expect(work.count == 1)
    #expect(inbox.fallAsleep() == true)
    #expect(inbox.add(.body {}) == .wake)
    #expect(inbox.add(.body {}) == .none)
    #expect(inbox.peakQueuedCount == 2)
  }

  @Test func `a loop that is up is not woken`() {
    var inbox = running()
    #expect(inbox.fallAsleep() == true)
    inbox.wakeUp()
    #expect(inbox.add(.body {}) == .none)
    #expect(inbox.stop() == .none)
    #expect(inbox.isStopping)
    #expect(inbox.fallAsleep() == false)
  }

  @Test func `late work starts one drain at a time`() {
    var inbox = running()
    #expect(inbox.stop() == .none)
    inbox.end()
    #expect(inbox.add(.body {}) == .none, "the loop's own thread drains")
    var work: [LoopInbox.Work] = []
    #expect(inbox.takeLate(into: &work) == true)
    work = []
    #expect(inbox.takeLate(into: &work) == false)
    #expect(inbox.add(.body {}) == .drain)
    #expect(inbox.add(.body {}) == .none)
    #expect(inbox.stop() == .none)
  }

  @Test func `work before the start waits, or is drained when it never comes`() {
    var inbox = LoopInbox()
    #expect(inbox.add(.body {}) == .none)
    #expect(inbox.stop() == .drain)
    #expect(LoopInboxTests.stoppedWithoutWork() == .none)
  }

  private static func stoppedWithoutWork() -> LoopInbox.Action {
    var inbox = LoopInbox()
    return inbox.stop()
  }
}
