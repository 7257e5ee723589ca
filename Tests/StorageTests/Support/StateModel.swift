// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Storage

/// Random changes of a pipeline's state, with a dictionary of what they should come to.
final class StateModel {
  let log: TestLog
  let pipeline: PipelineID
  /// What every commit should have left, from none on; the last one is the state now.
  private(set) var history: [[[UInt8]: [UInt8]]] = [[:]]
  /// The number of the newest commit that was acknowledged.
  private(set) var acknowledged = 0
  private var random: SeededRandom
  private let keys: Int
  /// The first of two tables that are there; those before it are gone.
  private var firstTable: UInt8 = 1

  init(_ log: TestLog, _ name: String = "p", seed: UInt64, keys: Int = 60) throws {
    self.log = log
    self.keys = keys
    random = SeededRandom(seed: seed)
    let answer = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline(name, definition: "", answer.take)])
    pipeline = try answer.get().id
  }

  private var state: [[UInt8]: [UInt8]] { history[history.count - 1] }

  /// The key under which each commit stores its number.
  private static let marker: [UInt8] = [7]

  private func makeKey() -> [UInt8] {
    let number = Int.random(in: 0..<keys, using: &random)
    let table = firstTable + UInt8.random(in: 0...1, using: &random)
    if number % 3 == 0 { return [StateKey.entry, 0, 0, 0, table, UInt8(number)] }
    // Keys of several lengths, some of which begin others.
    return [7] + [UInt8](repeating: UInt8(number % 7), count: number % 12) + [UInt8(number)]
  }

  private func makeChange() -> StateChange {
    if firstTable < 250, Int.random(in: 0..<16, using: &random) == 0 {
      firstTable += 1
      return StateChange([], for: [StateKey.dropped, 0, 0, 0, firstTable - 1], of: pipeline)
    }
    guard Int.random(in: 0..<4, using: &random) > 0 else {
      return StateChange(nil, for: makeKey(), of: pipeline)
    }
    let count = [0, 1, 20, 100, 900, 5_000].randomElement(using: &random) ?? 0
    let value = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
    return StateChange(value, for: makeKey(), of: pipeline)
  }

  /// Commits some random changes; answers whether they were acknowledged.
  func commit(_ count: Int = 8) -> Bool {
    let number = history.count
    let mark = withUnsafeBytes(of: number.bigEndian) { Array($0) }
    let changes =
      [StateChange(mark, for: Self.marker, of: pipeline)] + (0..<count).map { _ in makeChange() }
    var next = state
    for change in changes {
      next[change.key] = change.value
      guard StateKey.table(of: change.key)?.kind == StateKey.dropped else { continue }
      next[change.key] = nil
      next = next.filter { $0.key[0] != StateKey.entry || $0.key[4] != change.key[4] }
    }
    history.append(next)
    let answer = Answer<[AppendReceipt]>()
    log.serveStaged(.commit(LogCommit([], states: changes), answer.take)) {
      if Int.random(in: 0..<4, using: &random) == 0 { merge() }
    }
    guard (try? answer.get()) != nil else { return false }
    acknowledged = number
    return true
  }

  /// Merges a little, which may fail without harm.
  func merge() {
    do throws(StorageError) {
      _ = try log.writer.mergeStates()
      try log.writer.writeBackIfDue()
      log.writeAside()
    } catch {
      log.writer.noteUpkeepFailure(error)
    }
  }

  /// Forgets the state.
  func reset() throws {
    let answer = Answer<Void>()
    log.writer.serve([.resetPipeline(pipeline, definition: "", answer.take)])
    try answer.get()
    history = [[:]]
    acknowledged = 0
  }

  /// The state as a log has it, read page by page.
  static func read(
    _ pipeline: PipelineID,
    _ log: TestLog,
    limit: Int = 1_000
  ) throws -> [[UInt8]: [UInt8]] {
    let reader = StateReader(try log.reader())
    var (found, after): ([[UInt8]: [UInt8]], [UInt8]) = ([:], [])
    while true {
      let page = try reader.read(StateReadRequest(pipeline, after: after, limit: limit))
      guard let last = page.last else { return found }
      for part in page {
        guard KeyOrder.compare(part.key, after) > 0 else { throw WrongOrder() }
        // That a table is gone is told as long as something of it is stored.
        if StateKey.table(of: part.key)?.kind != StateKey.dropped { found[part.key] = part.value }
        after = part.key
      }
      after = last.key
    }
  }

  /// What is wrong with what a log has.
  ///
  /// It must be what some commit has left, no older than the newest that was acknowledged. What is
  /// there is the state from then on.
  func fault(in log: TestLog, limit: Int = 1_000) throws -> String? {
    let found = try Self.read(pipeline, log, limit: limit)
    let mark = found[Self.marker]?.reduce(0) { $0 << 8 | Int($1) } ?? 0
    guard mark < history.count, history[mark] == found else { return "the state is none there was" }
    guard mark >= acknowledged else { return "acknowledged state is gone" }
    history.removeLast(history.count - mark - 1)
    return nil
  }

  struct WrongOrder: Error {}
}
