// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Storage

@Suite struct WriteBackPlanTests {
  /// A write-ahead log that is written to while another thread writes it back.
  private struct Simulation {
    var plan = WriteBackPlan(pages: 100)
    var frames: Int32 = 0
    var moved: Int32 = 0
    /// What the other thread writes back, and the commits until it is done.
    var aside: (frames: Int32, commits: Int)?
    /// Whether a reader stands in the log, so that it is not begun anew.
    var isRead = false
    var steps: [WriteBackPlan.Step] = []
    /// The most that the writing thread wrote back at once, unless readers waited for it.
    var mostFinished: Int32 = 0

    /// A commit of so many frames, and the turn behind it; the other thread takes so many commits.
    mutating func commit(_ count: Int32, lag: Int) {
      if frames > 0, moved == frames, !isRead { (frames, moved) = (0, 0) }
      frames += count
      if let (asked, commits) = aside {
        aside = commits > 0 ? (asked, commits - 1) : nil
        if commits == 0 {
          moved = max(moved, asked)
          plan.noteAside(WriteBackOutcome(frames: asked, moved: asked), at: frames)
        }
      }
      guard aside == nil || frames >= plan.limit else { return }
      let step = plan.next(frames)
      steps.append(step)
      switch step {
      case .nothing: break
      case .aside: aside = (frames, lag)
      case .finish:
        mostFinished = max(mostFinished, frames - moved)
        moved = frames
        plan.noteOwn(WriteBackOutcome(frames: frames, moved: frames))
      case .force:
        (frames, moved, aside) = (0, 0, nil)
        plan.noteOwn(WriteBackOutcome(frames: 0, moved: 0))
      }
    }

    func count(_ step: WriteBackPlan.Step) -> Int { steps.count { $0 == step } }
  }

  @Test func `most is written back beside the writing thread, and the log begins anew`() {
    var simulation = Simulation()
    for _ in 0..<2_000 {
      simulation.commit(3, lag: 3)
      #expect(simulation.frames <= 4 * 100 + 5 * 3)
    }
    // Of 6,000 frames the writing thread writes a few each time when there are four times as many as
    // are worth while.
    #expect(simulation.count(.force) == 0)
    #expect(11...15 ~= simulation.count(.finish))
    #expect(simulation.count(.aside) >= 3 * simulation.count(.finish))
    #expect(simulation.mostFinished <= 100 / 8)
  }

  @Test func `commits that are faster than the other thread do not make the log longer`() {
    var simulation = Simulation()
    for _ in 0..<2_000 {
      simulation.commit(30, lag: 10)
      #expect(simulation.frames <= 16 * 100)
    }
    #expect(simulation.count(.finish) > 20 && simulation.count(.force) == 0)
  }

  @Test func `a reader in the log is waited for only at the limit`() {
    var simulation = Simulation()
    simulation.isRead = true
    for _ in 0..<2_000 {
      simulation.commit(3, lag: 2)
      #expect(simulation.frames < 16 * 100 + 3)
    }
    #expect(simulation.count(.force) == 3)
    // It is not tried again and again in vain: once for each hundred frames.
    #expect(simulation.count(.finish) + simulation.count(.aside) <= 2 * 60)
  }

  @Test func `commits of all sizes keep to the bound`() {
    var random = SeededRandom(seed: 9)
    for _ in 0..<50 {
      var simulation = Simulation()
      for _ in 0..<500 {
        let size = ([1, 2, 10, 90, 400] as [Int32]).randomElement(using: &random) ?? 1
        if Int.random(in: 0..<40, using: &random) == 0 { simulation.isRead.toggle() }
        simulation.commit(size, lag: Int.random(in: 0...6, using: &random))
        #expect(simulation.frames < 16 * 100 + 100 + 400)
      }
    }
  }

  @Test func `when all is wanted a short log is written back, once`() {
    var plan = WriteBackPlan(pages: 100)
    #expect(plan.next(20) == .nothing)
    plan.wantAll()
    #expect(plan.next(20) == .aside)
    plan.noteAside(WriteBackOutcome(frames: 20, moved: 20), at: 22)
    #expect(plan.next(22) == .finish)
    plan.noteOwn(WriteBackOutcome(frames: 22, moved: 22))
    #expect(plan.next(22) == .nothing)
    #expect(plan.next(3) == .nothing)
  }

  @Test func `what was written back of the log before counts for nothing in the next`() {
    var plan = WriteBackPlan(pages: 100)
    #expect(plan.next(100) == .aside)
    // It is begun anew before this thread hears of it.
    plan.noteAside(WriteBackOutcome(frames: 100, moved: 100), at: 99)
    #expect(plan.next(99) == .nothing)
    #expect(plan.next(100) == .aside)
  }

  @Test func `where nothing could be moved it is tried when there is as much again`() {
    var plan = WriteBackPlan(pages: 100)
    #expect(plan.next(100) == .aside)
    plan.noteAside(WriteBackOutcome(frames: 100, moved: 10), at: 101)
    #expect(plan.next(101) == .nothing)
    #expect(plan.next(200) == .aside)
  }

  @Test func `where somebody else was writing back it is tried when there is as much again`() {
    var plan = WriteBackPlan(pages: 100)
    #expect(plan.next(100) == .aside)
    plan.noteOccupied()
    #expect(plan.next(150) == .nothing)
    #expect(plan.next(200) == .aside)
  }
}
