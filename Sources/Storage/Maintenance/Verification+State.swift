// SPDX-License-Identifier: Apache-2.0

/// The state of pipelines: every block of it is looked at.
extension Verifier {
  /// Reads the state of every pipeline.
  mutating func checkPipelines() throws(StorageError) {
    var last: Int64 = 0
    while let (id, name) = try nextPipeline(after: last), goesOn("pipeline '\(name)'") {
      try check(PipelineID(rawValue: id), name)
      last = id
    }
  }

  /// Blocks of state whose segment is not there.
  mutating func checkLostSegments() throws(StorageError) {
    let transaction = try Transaction(reading: database)
    let known = try segments()
    var next: Int64 = 0
    while goesOn("state"), let id = try segment(from: next) {
      if !known.contains(id) {
        report.structure.append("there is state of segment \(id), which is not there")
      }
      guard id < StateSegment.maximumID else { break }
      next = id + 1
    }
    transaction.end()
  }

  private func segments() throws(StorageError) -> Set<Int64> {
    Set(try database.rows(.readAllSegments) { $0.int64(1) })
  }

  /// The first segment from a number on that has a block.
  private func segment(from id: Int64) throws(StorageError) -> Int64? {
    let statement = try database.statement(.firstBlock)
    defer { statement.reset() }
    statement.bind(StateSegment.firstRow(of: id), at: 1)
    statement.bind(.max, at: 2)
    return try statement.step() ? StateSegment.id(ofRow: statement.int64(0)) : nil
  }

  private func nextPipeline(after id: Int64) throws(StorageError) -> (Int64, String)? {
    let statement = try database.statement(.readPipelines)
    defer { statement.reset() }
    statement.bind(id, at: 1)
    statement.bind(1, at: 2)
    return try statement.step() ? (statement.int64(0), statement.text(1)) : nil
  }

  private mutating func check(_ pipeline: PipelineID, _ name: String) throws(StorageError) {
    var request = StateReadRequest(pipeline)
    do throws(StorageError) {
      while goesOn("pipeline '\(name)'") {
        let states = try StateReader(database).read(request)
        guard let last = states.last else { return }
        request.after = last.key
      }
    } catch {
      switch error.reason {
      case .damagedState, .corrupt: report.damagedPipelines.append(name)
      default: throw error
      }
    }
  }
}
