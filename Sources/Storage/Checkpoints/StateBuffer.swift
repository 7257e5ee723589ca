// SPDX-License-Identifier: Apache-2.0

/// Changes of state of the open transaction, which are written as one segment for each pipeline.
struct StateBuffer {
  private var changes: [StateChange] = []

  var isEmpty: Bool { changes.isEmpty }

  /// Adds changes; of those of a key the last one counts.
  mutating func add(_ more: [StateChange]) {
    if changes.isEmpty { changes = more } else { changes += more }
  }

  /// Forgets changes of a pipeline.
  mutating func forget(_ pipeline: PipelineID) {
    changes.removeAll { $0.pipeline == pipeline }
  }

  /// Forgets all: they are written, or the transaction has failed.
  mutating func clear() { changes = [] }

  /// A change's place in the order, without following references for most comparisons.
  private struct Place {
    let pipeline: Int64
    let prefix: UInt64
    let index: Int
  }

  /// Calls `body` with the changes of each pipeline: in the order of their keys, one for each.
  func forEachPipeline(
    _ body: (PipelineID, [StateChange]) throws(StorageError) -> Void
  ) throws(StorageError) {
    var group: [StateChange] = []
    for place in sortedPlaces() {
      let change = changes[place.index]
      if let last = group.last {
        if last.pipeline != change.pipeline {
          try body(last.pipeline, group)
          group.removeAll(keepingCapacity: true)
        } else if last.key == change.key {
          group.removeLast()
        }
      }
      group.append(change)
    }
    if let last = group.last { try body(last.pipeline, group) }
  }

  private func sortedPlaces() -> [Place] {
    var places = changes.enumerated().map { index, change in
      Place(
        pipeline: change.pipeline.rawValue,
        prefix: KeyOrder.prefix(change.key),
        index: index
      )
    }
    places.sort { a, b in
      if a.pipeline != b.pipeline { return a.pipeline < b.pipeline }
      if a.prefix != b.prefix { return a.prefix < b.prefix }
      let order = KeyOrder.compare(changes[a.index].key, changes[b.index].key)
      return order == 0 ? a.index < b.index : order < 0
    }
    return places
  }
}
