// SPDX-License-Identifier: Apache-2.0
import Streams

/// A journal in memory that stores and answers when a test says so, or at once.
final class JournalProbe: TopicJournal {
  typealias Completion = @Sendable (Result<[JournalReceipt], JournalError>) -> Void
  typealias ReadCompletion = @Sendable (Result<JournalBatch<Int>, JournalError>) -> Void

  struct Mark: Sendable {
    let after: Offset
    let mark: Streams.Mark
    let appended: Timestamp
  }

  /// What outlives the process.
  struct Disk: Sendable {
    var elements: [(element: Int, appended: Timestamp)] = []
    var marks: [Mark] = []
    var keys: [String: JournalReceipt] = [:]
    var states: [String: [[UInt8]: [UInt8]]] = [:]
    var definitions: [String: String] = [:]
    var firstOffset: Offset = 1
    var damaged: Set<Offset> = []
  }

  private struct State {
    var disk: Disk
    var commits: [(JournalCommit, Completion)] = []
    var reads: [(JournalRequest, ReadCompletion)] = []
    /// What is on disk, though that had an error: whoever asked is told when it is known.
    var doubtful: (@Sendable () -> Void)?
    var isOpen = true
  }

  static let epoch = Epoch(rawValue: 7)
  let maximumBytes: Int64
  private let isAutomatic: Bool
  private let state: Guarded<State>

  init(_ disk: Disk = Disk(), isAutomatic: Bool = false, maximumBytes: Int64 = .max) {
    self.isAutomatic = isAutomatic
    self.maximumBytes = maximumBytes
    state = Guarded(State(disk: disk))
  }

  var disk: Disk { state.withLock { $0.disk } }
  var firstOffset: Offset { disk.firstOffset }
  var bytes: Int64 { Int64(disk.elements.count) }
  /// The oldest commit that waits.
  var oldestCommit: JournalCommit? { state.withLock { $0.commits.first?.0 } }
  var waitingCommits: Int { state.withLock { $0.commits.count } }
  var waitingReads: Int { state.withLock { $0.reads.count } }

  func change(_ body: @Sendable (inout Disk) -> Void) { state.withLock { body(&$0.disk) } }

  /// Where a topic over this disk begins.
  var origin: TopicOrigin {
    let disk = disk
    var origin = TopicOrigin(Self.epoch)
    origin.end = Position(
      next: Offset(disk.elements.count) + 1,
      nextMark: UInt64(disk.marks.count) + 1
    )
    origin.floor = max(
      disk.elements.last?.appended ?? .distantPast,
      disk.marks.last?.appended ?? .distantPast
    )
    return origin
  }

  func encode(_ elements: [Int]) -> [[UInt8]] {
    elements.map { element in (0..<8).map { UInt8(truncatingIfNeeded: element >> (8 * $0)) } }
  }

  func sharesCommits(with other: any TopicJournal) -> Bool { other is JournalProbe }

  func append(
    _ commit: JournalCommit,
    completion: @escaping Completion
  ) throws(JournalError) {
    let refusal: JournalError? = state.withLock { state in
      guard state.isOpen else { return JournalError(.overloaded, "too much waits") }
      guard state.doubtful == nil else { return JournalError(.unavailable, "no sync") }
      state.commits.append((commit, completion))
      return nil
    }
    if let refusal { throw refusal }
    // One that brings nothing asks whether the journal is there.
    if isAutomatic || commit.appends.isEmpty && commit.state == nil { Task { self.store() } }
  }

  func read(_ request: JournalRequest, completion: @escaping ReadCompletion) {
    state.withLock { $0.reads.append((request, completion)) }
    if isAutomatic { Task { self.answer() } }
  }

  // MARK: What the test says

  /// Takes nothing more.
  func refuse() { state.withLock { $0.isOpen = false } }

  /// Stores the oldest commit that waits, or fails it.
  func store(failing error: JournalError? = nil) {
    var sides: [SideAppend] = []
    let (completion, result) = state.withLock { state in
      let (commit, completion) = state.commits.removeFirst()
      sides = commit.sides
      if let error { return (completion, Result<[JournalReceipt], JournalError>.failure(error)) }
      return (completion, .success(state.disk.store(commit, epoch: Self.epoch)))
    }
    for side in sides { Self.settle(side, failing: error) }
    completion(result)
  }

  /// Stores a part of another journal's commit, or fails it.
  private static func settle(_ side: SideAppend, failing error: JournalError?) {
    guard let probe = side.journal as? JournalProbe else { return }
    if let error { return side.completion(.failure(error)) }
    let receipts = probe.state.withLock { state in
      state.disk.store(JournalCommit([side.append]), epoch: Self.epoch)
    }
    side.completion(.success(receipts[0]))
  }

  /// Stores the oldest commit that waits with an error after which nobody can say so.
  ///
  /// A little later it is known. Until then nothing else is taken.
  func storeAndFail(_ error: JournalError) {
    state.withLock { state in
      let (commit, completion) = state.commits.removeFirst()
      let receipts = state.disk.store(commit, epoch: Self.epoch)
      state.doubtful = {
        for side in commit.sides { Self.settle(side, failing: nil) }
        completion(.success(receipts))
      }
    }
    Task { findOut() }
  }

  private func findOut() {
    let tell = state.withLock { state in
      defer { state.doubtful = nil }
      return state.doubtful
    }
    tell?()
  }

  /// Answers the oldest read that waits, or fails it.
  func answer(failing error: JournalError? = nil) {
    let (completion, result) = state.withLock { state in
      let (request, completion) = state.reads.removeFirst()
      if let error { return (completion, Result<JournalBatch<Int>, JournalError>.failure(error)) }
      return (completion, .success(state.disk.read(request)))
    }
    completion(result)
  }

  nonisolated(nonsending) func openPipeline(
    _ name: String,
    definition: String
  ) async throws(JournalError) -> any PipelineJournal {
    state.withLock { state in
      if state.disk.definitions[name] == nil { state.disk.definitions[name] = definition }
    }
    return PipelineProbe(name, of: self)
  }
}

/// The state of a pipeline in a ``JournalProbe``.
final class PipelineProbe: PipelineJournal {
  let name: String
  private let journal: JournalProbe

  init(_ name: String, of journal: JournalProbe) { (self.name, self.journal) = (name, journal) }

  var definition: String { journal.disk.definitions[name] ?? "" }

  nonisolated(nonsending) func read() async throws(JournalError) -> [StatePart] {
    (journal.disk.states[name] ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map { StatePart($0.key, $0.value) }
  }

  nonisolated(nonsending) func reset(definition: String) async throws(JournalError) {
    let name = name
    journal.change { disk in
      disk.states[name] = nil
      disk.definitions[name] = definition
    }
  }

  func prepare(_ parts: [StatePart]) -> (any PreparedState)? {
    parts.isEmpty ? nil : StateProbe(name, parts)
  }
}

/// Changes of a state in a ``JournalProbe``.
private final class StateProbe: PreparedState {
  let pipeline: String
  let parts: [StatePart]

  init(_ pipeline: String, _ parts: [StatePart]) { (self.pipeline, self.parts) = (pipeline, parts) }

  var bytes: Int { parts.reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) } }
}

extension JournalProbe.Disk {
  fileprivate mutating func store(_ commit: JournalCommit, epoch: Epoch) -> [JournalReceipt] {
    if let changed = commit.state as? StateProbe {
      for change in changed.parts {
        states[changed.pipeline, default: [:]][change.key] = change.value
      }
      // A table that is gone is so for ever, as in the store.
      let state = states[changed.pipeline] ?? [:]
      let gone = Set(
        state.keys.compactMap { StateKey.table(of: $0) }
          .filter { $0.kind == StateKey.dropped }.map(\.number)
      )
      states[changed.pipeline] = state.filter { part in
        let table = StateKey.table(of: part.key)
        return table.map { $0.kind == StateKey.dropped || !gone.contains($0.number) } ?? true
      }
    }
    return commit.appends.map { append in
      if let key = append.key, let known = keys[key] {
        var receipt = known
        receipt.isRepeat = true
        return receipt
      }
      let receipt = JournalReceipt(
        epoch: epoch,
        firstOffset: Offset(elements.count) + 1,
        lastOffset: Offset(elements.count + append.payloads.count),
        appended: append.appended,
        firstMark: UInt64(marks.count) + 1
      )
      for payload in append.payloads {
        let element = payload.reversed().reduce(0) { $0 << 8 | Int($1) }
        elements.append((element, append.appended))
      }
      for mark in append.marks {
        marks.append(
          JournalProbe.Mark(after: receipt.lastOffset, mark: mark, appended: append.appended)
        )
      }
      if let key = append.key { keys[key] = receipt }
      return receipt
    }
  }

  fileprivate func read(_ request: JournalRequest) -> JournalBatch<Int> {
    var items: [JournalBatch<Int>.Item] = []
    var next = request.position
    if next.nextMark == 0 {
      next.nextMark = UInt64(marks.prefix { $0.after + 1 < next.next }.count) + 1
    }
    if next.next < firstOffset {
      items.append(.gap(Gap(from: next.next, to: firstOffset - 1)))
      next.next = firstOffset
    }
    var left = request.limit
    while true {
      while next.nextMark < request.end.nextMark, next.nextMark <= UInt64(marks.count),
        marks[Int(next.nextMark) - 1].after < next.next
      {
        let mark = marks[Int(next.nextMark) - 1]
        items.append(.mark(mark.mark, appended: mark.appended))
        next.nextMark += 1
      }
      guard left > 0, next.next < request.end.next else { break }
      if damaged.contains(next.next) {
        guard items.isEmpty else { break }
        items.append(.gap(Gap(from: next.next, to: next.next)))
      } else {
        let entry = elements[Int(next.next) - 1]
        items.append(.entry(next.next, entry.element, appended: entry.appended))
      }
      next.next += 1
      left -= 1
    }
    return JournalBatch(items, next: next)
  }
}
