// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

/// The state of one pipeline in an ``EventLog``.
final class StoredPipeline: PipelineJournal {
  let id: PipelineID
  private let log: EventLog
  private let text: Mutex<String>

  init(_ pipeline: OpenedPipeline, in log: EventLog) {
    (id, self.log) = (pipeline.id, log)
    text = Mutex(pipeline.definition)
  }

  var definition: String { text.withLock { $0 } }

  nonisolated(nonsending) func read() async throws(JournalError) -> [StatePart] {
    var parts: [StatePart] = []
    do throws(StorageError) {
      while true {
        // All of it is kept, and each read finds its place in every segment anew.
        let after = parts.last?.key ?? []
        let request = StateReadRequest(id, after: after, limit: 1 << 16, bytes: 8 << 20)
        let states = try await log.readStates(request)
        if states.isEmpty { return parts }
        parts += states.map { StatePart($0.key, $0.value) }
      }
    } catch {
      throw JournalError(error)
    }
  }

  nonisolated(nonsending) func reset(definition: String) async throws(JournalError) {
    do throws(StorageError) {
      try await log.reset(id, definition: definition)
    } catch {
      throw JournalError(error)
    }
    text.withLock { $0 = definition }
  }

  func prepare(_ parts: [StatePart]) -> (any PreparedState)? {
    if parts.isEmpty { return nil }
    return StateBlocks(parts.map { StateChange($0.value, for: $0.key, of: id) }[...])
  }
}

extension StoredJournal {
  /// Opens what is stored of a pipeline.
  public nonisolated(nonsending) func openPipeline(
    _ name: String,
    definition: String
  ) async throws(JournalError) -> any PipelineJournal {
    do throws(StorageError) {
      return StoredPipeline(try await log.openPipeline(name, definition: definition), in: log)
    } catch {
      throw JournalError(error)
    }
  }
}

extension LogAppend {
  /// What a topic's journal is handed.
  init(_ append: JournalAppend, to topic: TopicID) {
    self.init(
      append.payloads,
      to: topic,
      marks: append.marks,
      appended: append.appended,
      key: append.key
    )
    condition = append.condition
  }
}

extension LogCommit {
  /// What a topic's journal is handed, with what goes into other topics behind it.
  init(_ commit: JournalCommit, to topic: TopicID, _ sides: [LogAppend]) {
    self.init(commit.appends.map { LogAppend($0, to: topic) } + sides)
    if let state = commit.state as? StateBlocks { states = [state] }
  }
}
