// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Storage

@Suite struct MergePlanTests {
  /// Segments of a state as sizes and counts, merged at once whenever the plan says so.
  private struct Simulation {
    var segments: [StateSegment] = []
    var stored: Int64 = 0
    var merged: Int64 = 0
    /// Changes have this many bytes, and live keys are at most so many.
    let bytes: Int64
    let keys: Int64
    private var next: Int64 = 1

    init(bytes: Int64, keys: Int64) {
      self.bytes = bytes
      self.keys = keys
    }

    mutating func commit(_ changes: Int64) {
      segments.append(make(next...next, changes))
      next += 1
      stored += changes * bytes
      while let range = MergePlan.choose(segments, areAll: true) {
        let sum = segments[range].reduce(0) { $0 + $1.changes }
        let first = segments[range.lowerBound].numbers.lowerBound
        let last = segments[range.upperBound - 1].numbers.upperBound
        let output = make(first...last, min(sum, keys))
        merged += output.bytes
        segments.replaceSubrange(range, with: [output])
      }
    }

    private func make(_ numbers: ClosedRange<Int64>, _ changes: Int64) -> StateSegment {
      var segment = StateSegment(
        id: 1,
        pipeline: PipelineID(rawValue: 1),
        numbers: numbers,
        status: .live
      )
      segment.changes = changes
      segment.bytes = changes * bytes
      segment.blocks = 1
      return segment
    }

    var total: Int64 { segments.reduce(0) { $0 + $1.bytes } }
  }

  @Test(arguments: [1, 10, 100, 1_000, 10_000]) func `merging is bounded`(changes: Int64) {
    let keys: Int64 = 1_000_000
    var simulation = Simulation(bytes: 114, keys: keys)
    simulation.commit(keys)
    simulation.stored = 0
    var most = 0
    for _ in 0..<max(300, min(10_000, 3 * keys / changes)) {
      simulation.commit(changes)
      most = max(most, simulation.segments.count)
      #expect(simulation.total <= keys * 114 * 3 / 2 + changes * 114)
    }
    #expect(most <= 6 * MergePlan.fanIn)
    let rewrites = Double(simulation.merged) / Double(simulation.stored)
    #expect(rewrites < 6, "\(rewrites)")
  }

  @Test func `commits of all sizes leave few segments`() {
    var random = SeededRandom(seed: 5)
    var simulation = Simulation(bytes: 114, keys: 1_000_000)
    var most = 0
    for _ in 0..<5_000 {
      let sizes: [Int64] = [1, 10, 300, 3_000, 20_000]
      let size = sizes.randomElement(using: &random) ?? 1
      simulation.commit(size)
      most = max(most, simulation.segments.count)
    }
    #expect(most <= 6 * MergePlan.fanIn)
    #expect(Double(simulation.merged) / Double(simulation.stored) < 8)
  }

  @Test func `the lowest full tier is merged, and what lies between`() {
    func segments(_ tiers: [Int]) -> [StateSegment] {
      tiers.enumerated().map { index, tier in
        let number = Int64(index + 1)
        var segment = StateSegment(
          id: number,
          pipeline: PipelineID(rawValue: 1),
          numbers: number...number,
          status: .live
        )
        segment.bytes = tier == 0 ? 10 : Int64(4 << 10) << Int64(3 * (tier - 1))
        #expect(MergePlan.tier(segment) == tier)
        return segment
      }
    }
    func choose(_ tiers: [Int]) -> Range<Int>? { MergePlan.choose(segments(tiers), areAll: false) }
    let eight = [Int](repeating: 0, count: 8)
    #expect(choose([0]) == nil && choose([2, 1, 0]) == nil)
    #expect(choose([2] + eight) == 1..<9)
    #expect(choose([2, 1] + eight.dropLast()) == nil)
    #expect(choose([3, 1, 0, 0, 2, 0]) == 1..<5)
    #expect(choose([Int](repeating: 2, count: 9) + [1, 0]) == 0..<9)
  }
}
