// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Storage

/// Random publishes to a full and a normal topic, with what was tried and what was acknowledged.
final class Workload {
  /// What was tried and acknowledged of one topic.
  struct History {
    var topic: StoredTopic
    /// What each publish that was tried appends, in order.
    var tried: [[UInt8]] = []
    /// The entries that were acknowledged, by offset.
    var acknowledged: [Offset: [UInt8]] = [:]
    /// The greatest offset that was acknowledged.
    var newest: Offset = 0
  }

  let log: TestLog
  var full: History
  var normal: History
  let pipeline: PipelineID
  /// The cursor of a consumer that writes what it reads into the full topic.
  let cursor: CursorID
  /// The greatest offset of the cursor that was acknowledged together with an output.
  private(set) var consumed: Offset = 0
  /// The reasons of publishes that failed.
  private(set) var failures: [StorageError.Reason] = []
  /// What these would have appended.
  private(set) var refused: Set<[UInt8]> = []
  /// Publishes that were not answered yet: it is not known what became of them.
  private var waiting: [Waiting] = []

  private struct Waiting {
    let isFull: Bool
    let payloads: [[UInt8]]
    let answer: Answer<[AppendReceipt]>
    /// The value of the pipeline's state that is stored with them.
    var state: UInt8?
  }

  /// Whether something failed, or is not answered.
  var isDisturbed: Bool { !failures.isEmpty || !waiting.isEmpty }
  private var random: SeededRandom
  private var now: Timestamp = 1_000
  /// The greatest value of the pipeline's state that was acknowledged.
  private(set) var state: UInt8 = 0
  /// The output that was published with each value of the state.
  private(set) var outputs: [UInt8: [UInt8]] = [:]

  init(_ log: TestLog, seed: UInt64, keeping count: UInt64? = nil) throws {
    self.log = log
    random = SeededRandom(seed: seed)
    full = History(topic: try log.topic("full", StorageRules(maximumCount: count)))
    normal = History(topic: try log.topic("normal", StorageRules(synchronous: .normal)))
    let answer = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline("p", definition: "", answer.take)])
    pipeline = try answer.get().id
    cursor = try log.openCursor("c", full.topic).cursor.id
  }

  private func makePayload() -> [UInt8] {
    let count = [10, 100, 700, 3_000, 9_000].randomElement(using: &random) ?? 0
    let stamp = withUnsafeBytes(of: random.next()) { Array($0) }
    return (0..<count / 8 + 1).flatMap { _ in stamp }
  }

  /// Serves a group of a few publishes; answers whether all were acknowledged.
  func step() -> Bool {
    now = now.advanced(byMilliseconds: 1)
    let count = Int.random(in: 1...4, using: &random)
    let publishes = (0..<count).map { _ in
      (isFull: Bool.random(using: &random), payloads: makePayloads())
    }
    let answers = publishes.map { _ in Answer<[AppendReceipt]>() }
    log.writer.serve(
      zip(publishes, answers).map { .commit(commit($0.isFull, $0.payloads), $1.take) }
    )
    for (publish, answer) in zip(publishes, answers) {
      waiting.append(
        Waiting(isFull: publish.isFull, payloads: publish.payloads, answer: answer)
      )
    }
    return takeAnswers()
  }

  /// Takes note of what was answered; answers whether all was, and was acknowledged.
  @discardableResult
  func takeAnswers() -> Bool {
    let answered = waiting.filter { $0.answer.isThere }
    waiting.removeAll { $0.answer.isThere }
    let results = answered.map { note($0) }
    return waiting.isEmpty && !results.contains(false)
  }

  private func makePayloads() -> [[UInt8]] {
    (0..<Int.random(in: 1...3, using: &random)).map { _ in makePayload() }
  }

  private func commit(_ isFull: Bool, _ payloads: [[UInt8]]) -> LogCommit {
    let topic = isFull ? full.topic.id : normal.topic.id
    if isFull { full.tried += payloads } else { normal.tried += payloads }
    return LogCommit([LogAppend(payloads, to: topic, appended: now)])
  }

  private func note(_ publish: Waiting) -> Bool {
    let (isFull, payloads) = (publish.isFull, publish.payloads)
    do {
      let receipt = try publish.answer.get()[0]
      for (index, payload) in payloads.enumerated() {
        let offset = receipt.firstOffset + UInt64(index)
        if isFull {
          full.acknowledged[offset] = payload
        } else {
          normal.acknowledged[offset] = payload
        }
      }
      if isFull { full.newest = receipt.lastOffset } else { normal.newest = receipt.lastOffset }
      if let value = publish.state { (state, consumed) = (value, Offset(value)) }
      return true
    } catch {
      refused.formUnion(payloads)
      failures.append((error as? StorageError)?.reason ?? .unexpected)
      return false
    }
  }

  /// Changes the pipeline's state together with an output in the full topic.
  func checkpoint() -> Bool {
    let value = UInt8(outputs.count + 1)
    let payload = makePayload()
    full.tried.append(payload)
    outputs[value] = payload
    let answer = Answer<[AppendReceipt]>()
    let append = LogAppend([payload], to: full.topic.id, appended: now)
    let change = StateChange([value], for: [1], of: pipeline)
    let place = CursorPlace(full.topic.epoch, Offset(value))
    let move = CursorMove(cursor, to: place, at: now)
    let commit = LogCommit([append], states: [change], cursors: [move])
    log.writer.serve([.commit(commit, answer.take)])
    waiting.append(Waiting(isFull: true, payloads: [payload], answer: answer, state: value))
    return takeAnswers()
  }

  /// Retention, checkpoints and space, which may fail without harm.
  func upkeep() {
    do throws(StorageError) {
      try log.writer.settle(now: now)
      log.writeAside()
    } catch {
      log.writer.noteUpkeepFailure(error)
    }
  }
}
