// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct ManualClockTests {
  private let clock = ManualClock(100)

  @Test func `it stands still until it is moved`() {
    #expect(clock.now == 100)
    clock.advance(to: 150)
    clock.advance(to: 150)
    #expect(clock.now == 150)
    #expect(ManualClock().now == 0)
  }

  @Test func `a sleep until now or before returns at once`() async throws {
    try await clock.sleep(until: 100)
    try await clock.sleep(until: .distantPast)
  }

  @Test func `it wakes those whose deadline has come and no others`() async throws {
    let (clock, diary) = (clock, Diary<Timestamp>())
    let tasks = ([130, 110, 120] as [Timestamp]).map { deadline in
      Task {
        try await clock.sleep(until: deadline)
        diary.note(deadline)
      }
    }
    await clock.sleepers(3)
    clock.advance(to: 120)
    try await tasks[1].value
    try await tasks[2].value
    #expect(Set(diary.entries) == [110, 120])
    clock.advance(to: 130)
    try await tasks[0].value
    #expect(diary.entries.count == 3)
  }

  @Test func `cancelling a sleeper wakes it with an error`() async {
    let clock = clock
    let task = Task { try await clock.sleep(until: 200) }
    await clock.sleepers(1)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    clock.advance(to: 300)
  }

  @Test func `a cancelled task does not sleep`() async {
    let clock = clock
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await clock.sleep(until: 200)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `waiting for sleepers returns when there are enough`() async {
    let clock = clock
    await clock.sleepers(0)
    async let both: Void = clock.sleepers(2)
    let tasks = (0..<2).map { _ in Task { try await clock.sleep(until: 200) } }
    await both
    for task in tasks { task.cancel() }
  }

  @Test func `it does not go back`() async {
    await #expect(processExitsWith: .failure) { ManualClock(5).advance(to: 4) }
  }
}
