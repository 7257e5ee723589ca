// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct ConflationOracleTests {
  /// What a conflating reader at `position` is to get of `log`.
  private func expected(_ log: [Progress], from position: Offset, limit: Int) -> [Offset] {
    var newest: [Int: Int] = [:]
    for (index, entry) in log.enumerated() { newest[entry.key] = index }
    let unread = log.indices.dropFirst(Int(position) - 1)
    let due = unread.filter { log[$0].isDone || newest[log[$0].key] == $0 }
    return due.prefix(limit).map { Offset($0 + 1) }
  }

  /// Publishes at random, some of it held, while cursors read now and then, come and go.
  @Test(arguments: 0..<80)
  func `each cursor gets the newest per key and all that is terminal`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let retention = Retention(maximumCount: 4 + seed % 30)
    let topic = Topic<Progress>("t", retention: retention, clock: ManualClock(0))
    let policy = OverrunPolicy.latest(Progress.conflation())
    let slow = seed % 2 == 0 ? Cursor(topic) : nil
    var cursors = (0..<3).map { _ in Cursor(topic, overrun: policy) }
    var held: [[Progress]] = []
    var log: [Progress] = []
    for step in 0..<150 {
      let entries = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        Progress.random(step, keys: 1 + seed % 9, rarity: 4, using: &random)
      }
      switch topic.offer(entries, completion: { _ in }) {
      case .stored: log += entries
      case .held: held.append(entries)
      case .refused(let error): throw error
      }
      if let slow, Bool.random(using: &random) { _ = slow.take(limit: 3) }
      while log.count < Int(topic.statistics.lastOffset) { log += held.removeFirst() }
      for index in cursors.indices where Int.random(in: 0...index * 9, using: &random) == 0 {
        let limit = Int.random(in: 1...6, using: &random)
        let want = expected(log, from: cursors[index].position.next, limit: limit)
        let batch = cursors[index].take(limit: limit)
        var tally = Tally()
        tally.add(batch)
        #expect(tally.offsets == want, "seed \(seed) step \(step)")
        #expect(tally.dropped == 0)
        #expect(batch?.elements ?? [] == want.map { log[Int($0) - 1] })
      }
      if step % 40 == 39 { cursors[step % 3] = Cursor(topic, overrun: policy) }
    }
    #expect(held.isEmpty || slow != nil)
  }

  /// The same with an index that is too small.
  @Test(arguments: 0..<60)
  func `what a small index lets go is told, and nothing else is missed`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let keys = 2 + seed % 5
    let topic = Topic<Progress>("t", retention: Retention(maximumCount: 8), clock: ManualClock(0))
    let cursor = Cursor(topic, overrun: .latest(Progress.conflation(maximumKeys: keys)))
    var log: [Progress] = []
    for step in 0..<200 {
      log.append(Progress.random(step, keys: 12, rarity: 6, using: &random))
      try await topic.publish([log[step]])
      guard Int.random(in: 0..<9, using: &random) == 0 else { continue }
      let start = Int(cursor.position.next) - 1
      let batch = cursor.take(limit: 1_000)
      #expect(cursor.position.next == Offset(log.count + 1))
      var isExplained = Array(repeating: false, count: log.count)
      for item in batch?.items ?? [] {
        switch item {
        case .run(let run):
          for at in run.firstOffset...run.lastOffset { isExplained[Int(at) - 1] = true }
        case .gap(let gap): for at in gap.from...gap.to { isExplained[Int(at) - 1] = true }
        case .mark: break
        }
      }
      for index in start..<log.count where !isExplained[index] {
        let isSuperseded = log[(index + 1)...].contains { $0.key == log[index].key }
        #expect(isSuperseded && !log[index].isDone, "seed \(seed) offset \(index + 1)")
      }
      var kept: [Int] = []
      for entry in log.reversed() where kept.count < keys && !kept.contains(entry.key) {
        kept.append(entry.key)
      }
      let delivered = Set((batch?.elements ?? []).map(\.key))
      let unread = Set(log[start...].map(\.key))
      #expect(delivered.isSuperset(of: unread.intersection(kept)), "the newest keys are kept")
    }
  }
}
