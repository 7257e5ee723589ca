// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// All segments, as the open transaction leaves them; the writer reads it anew when one has failed.
final class SegmentTable {
  /// The segments of one pipeline.
  private struct Pipeline {
    /// Those that are the state, the oldest first.
    var live: [StateSegment] = []
    /// What some of them are being merged into, the oldest first: while much is merged, the few
    /// newer ones are merged among themselves.
    var merging: [StateSegment] = []
    /// Rows that are not what was stored, as dead ones.
    var damaged: [StateSegment] = []
    /// Whether something can't be read: nothing is merged then.
    var isDamaged = false
    /// What is known to be worthless.
    var waste = StateWaste()
  }

  private var pipelines: [PipelineID: Pipeline] = [:]
  /// Segments whose blocks are to be deleted.
  private(set) var dead: [StateSegment] = []
  /// Pipelines of which something may have to be merged, in turn.
  private var restless: [PipelineID] = []
  /// The same ones.
  private var areRestless: Set<PipelineID> = []
  private var newestID: Int64 = 0

  /// Reads all rows.
  init(_ database: Database) throws(StorageError) {
    let statement = try database.statement(.readAllSegments)
    defer { statement.reset() }
    while try statement.step() { add(statement) }
    for id in pipelines.keys {
      pipelines[id]?.live.sort { $0.numbers.lowerBound < $1.numbers.lowerBound }
      pipelines[id]?.merging.sort { $0.numbers.lowerBound < $1.numbers.lowerBound }
    }
    for id in pipelines.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      try measureDropped(id, database)
      wake(id)
    }
  }

  private func add(_ row: Statement) {
    let (id, pipeline) = (row.int64(1), PipelineID(rawValue: row.int64(0)))
    newestID = max(newestID, id)
    guard let segment = StateSegment(row) else {
      let damaged = StateSegment(id: id, pipeline: pipeline, numbers: 1...1, status: .dead)
      pipelines[pipeline, default: Pipeline()].damaged.append(damaged)
      pipelines[pipeline]?.isDamaged = true
      return
    }
    switch segment.status {
    case .live: pipelines[pipeline, default: Pipeline()].live.append(segment)
    case .merging: pipelines[pipeline, default: Pipeline()].merging.append(segment)
    case .dead: dead.append(segment)
    }
  }

  /// The segments that are the state of a pipeline, the oldest first.
  func live(_ pipeline: PipelineID) -> [StateSegment] { pipelines[pipeline]?.live ?? [] }

  /// What is merged into a segment, the oldest first.
  func inputs(of segment: StateSegment) -> [StateSegment] {
    live(segment.pipeline).filter { segment.numbers.contains($0.numbers.lowerBound) }
  }

  /// Whether there are numbers for more than one commit may need.
  var hasRoom: Bool { newestID < StateSegment.maximumID - 1_000 }

  /// A segment for these commits, without a row yet; `nil` if there are no more numbers for one.
  func make(_ numbers: ClosedRange<Int64>, _ pipeline: PipelineID) -> StateSegment? {
    guard hasRoom else { return nil }
    newestID += 1
    return StateSegment(id: newestID, pipeline: pipeline, numbers: numbers, status: .merging)
  }

  /// The number of the next commit that changes the state of a pipeline.
  func nextNumber(_ pipeline: PipelineID) -> Int64 {
    (pipelines[pipeline]?.live.last?.numbers.upperBound ?? 0) + 1
  }

  // MARK: What is next

  /// A segment into which some shall be merged, or are; `nil` if there is nothing to merge.
  ///
  /// Pipelines have their turns.
  func nextMerge() -> StateSegment? {
    while let pipeline = restless.first {
      restless.removeFirst()
      guard let segment = nextMerge(pipeline) else {
        areRestless.remove(pipeline)
        continue
      }
      restless.append(pipeline)
      return segment
    }
    return nil
  }

  /// The newest merge of a pipeline, which is the smallest.
  private func nextMerge(_ pipeline: PipelineID) -> StateSegment? {
    guard let state = pipelines[pipeline], !state.isDamaged else { return nil }
    let newest = state.merging.last
    let rest = state.live.filter { $0.numbers.lowerBound > newest?.numbers.upperBound ?? 0 }
    guard let range = MergePlan.choose(rest, areAll: newest == nil, state.waste) else {
      return newest
    }
    let last = rest[range.upperBound - 1].numbers.upperBound
    return make(rest[range.lowerBound].numbers.lowerBound...last, pipeline)
  }

  private func wake(_ pipeline: PipelineID) {
    if areRestless.insert(pipeline).inserted { restless.append(pipeline) }
  }

  // MARK: Changing

  /// Adds the newest segment of a state.
  func append(_ segment: StateSegment) {
    pipelines[segment.pipeline, default: Pipeline()].live.append(segment)
    wake(segment.pipeline)
  }

  /// Notes how far a merge is.
  func setMerging(_ segment: StateSegment) {
    pipelines[segment.pipeline]?.merging.removeAll { $0.id == segment.id }
    pipelines[segment.pipeline]?.merging.append(segment)
  }

  /// Puts what was merged in the place of what it was made of; answers the latter, which are dead.
  func finishMerging(
    _ segment: StateSegment,
    _ database: Database
  ) throws(StorageError) -> [StateSegment] {
    let gone = kill(inputs(of: segment))
    guard var state = pipelines[segment.pipeline] else { return gone }
    state.merging.removeAll { $0.id == segment.id }
    state.live.removeAll { segment.numbers.contains($0.numbers.lowerBound) }
    let place = state.live.firstIndex { $0.numbers.lowerBound > segment.numbers.upperBound }
    state.live.insert(segment, at: place ?? state.live.endIndex)
    let isFirst = segment.numbers.lowerBound == 1
    if isFirst { state.waste = StateWaste() }
    pipelines[segment.pipeline] = state
    if isFirst { try measureDropped(segment.pipeline, database) }
    return gone
  }

  // MARK: What is worthless

  /// Takes note that tables of a state are gone.
  func noteDropped(
    _ tables: [UInt32],
    _ pipeline: PipelineID,
    _ database: Database
  ) throws(StorageError) {
    guard let first = pipelines[pipeline]?.live.first else { return }
    // What there is more of than can be measured in a moment waits until it is old.
    for table in tables.prefix(StateWaste.measuredTables) {
      pipelines[pipeline]?.waste.droppedBytes += try first.bytes(ofTable: table, database)
    }
  }

  /// Measures what the segments behind the first say is gone of it.
  private func measureDropped(
    _ pipeline: PipelineID,
    _ database: Database
  ) throws(StorageError) {
    for segment in live(pipeline).dropFirst() {
      do throws(StorageError) {
        try noteDropped(segment.droppedTables(database), pipeline, database)
      } catch {
        // Whoever merges or reads it is told.
        guard case .damagedState = error.reason else { throw error }
      }
    }
  }

  /// Takes note of the time: what waits for long enough to be merged is.
  func note(_ now: Timestamp) {
    for (pipeline, state) in pipelines {
      guard state.live.count > 1 else {
        pipelines[pipeline]?.waste.since = nil
        continue
      }
      let since = min(state.waste.since ?? now, now)
      pipelines[pipeline]?.waste.since = since
      guard since <= now - MergePlan.oldest, !state.waste.isOld else { continue }
      pipelines[pipeline]?.waste.isOld = true
      wake(pipeline)
    }
  }

  /// Forgets the state of a pipeline; answers its segments, which are dead.
  func reset(_ pipeline: PipelineID) -> [StateSegment] {
    guard let state = pipelines.removeValue(forKey: pipeline) else { return [] }
    return kill(state.live + state.merging + state.damaged)
  }

  private func kill(_ segments: [StateSegment]) -> [StateSegment] {
    let gone = segments.map { segment in
      var segment = segment
      segment.status = .dead
      return segment
    }
    dead += gone
    return gone
  }

  /// Lets a segment that never was a part of the state be deleted.
  func discard(_ segment: StateSegment) { dead.append(segment) }

  /// Forgets the first dead segments, which are deleted.
  func forgetDead(_ count: Int) { dead.removeFirst(count) }

  /// Notes that a segment of a pipeline can't be read: nothing is merged until all is read anew.
  func setDamaged(_ pipeline: PipelineID) { pipelines[pipeline]?.isDamaged = true }
}
