// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Changes of a pipeline's state that are stored together, as blocks in the order of their keys.
///
/// Whoever hands them in makes them, so that the writing thread only stores them.
final class StateBlocks: PreparedState {
  let pipeline: PipelineID
  let blocks: [StateBlock]
  /// The bytes of the blocks.
  let bytes: Int
  /// Tables of which they say that they are gone.
  let droppedTables: [UInt32]
  /// Why they can't be stored; there are no blocks then.
  let refusal: StorageError.Reason?

  /// Encodes changes of one pipeline, at least one; of those of a key the last one counts.
  init(_ changes: ArraySlice<StateChange>) {
    pipeline = changes[changes.startIndex].pipeline
    refusal = changes.lazy.compactMap { Self.refusal(of: $0) }.first
    blocks = refusal == nil ? Self.encode(changes) : []
    bytes = blocks.reduce(0) { $0 + $1.bytes.count }
    droppedTables = changes.compactMap { StateKey.table(of: $0.key) }
      .filter { $0.kind == StateKey.dropped }.map(\.number)
  }

  /// The same of several pipelines, in their order.
  static func make(_ changes: [StateChange]) -> [StateBlocks] {
    var made: [StateBlocks] = []
    var rest = changes[...]
    while let pipeline = rest.first?.pipeline {
      let end = rest.firstIndex { $0.pipeline != pipeline } ?? rest.endIndex
      made.append(StateBlocks(rest[..<end]))
      rest = rest[end...]
    }
    return made
  }

  /// How many bytes the blocks from one on have.
  func bytes(fromBlock first: Int) -> Int { blocks[first...].reduce(0) { $0 + $1.bytes.count } }

  private static func refusal(of change: StateChange) -> StorageError.Reason? {
    guard 1...StorageLimits.stateKeyBytes ~= change.key.count else {
      return .tooLarge(limit: StorageLimits.stateKeyBytes, unit: "bytes of a key")
    }
    guard (change.value?.count ?? 0) <= StorageLimits.stateBytes else {
      return .tooLarge(limit: StorageLimits.stateBytes, unit: "bytes of state")
    }
    return nil
  }

  // MARK: Encoding

  private static func encode(_ changes: ArraySlice<StateChange>) -> [StateBlock] {
    var blocks: [StateBlock] = []
    var block = StateBlock()
    let order = order(changes)
    var left = changes.reduce(0) { $0 + StateBlock.size($1.key.count, $1.value?.count ?? 0) }
    for (place, index) in order.enumerated() {
      let change = changes[index]
      defer { left -= StateBlock.size(change.key.count, change.value?.count ?? 0) }
      // There is a newer one of the key.
      if place + 1 < order.count, changes[order[place + 1]].key == change.key { continue }
      if block.isFull(for: change.key.count, change.value?.count ?? 0) {
        blocks.append(block)
        block = StateBlock()
      }
      change.key.withUnsafeBytes { key in
        if let value = change.value {
          value.withUnsafeBytes { block.add(key, $0, expected: left) }
        } else {
          block.add(key, nil, expected: left)
        }
      }
    }
    if !block.isEmpty { blocks.append(block) }
    return blocks
  }

  /// A change's place, without following references for most comparisons.
  private struct Place {
    let prefix: UInt64
    let index: Int
  }

  /// The indexes of changes in the order of their keys; those of a key as they came.
  private static func order(_ changes: ArraySlice<StateChange>) -> [Int] {
    var places = changes.indices.map { index in
      Place(prefix: KeyOrder.prefix(changes[index].key), index: index)
    }
    places.sort { a, b in
      if a.prefix != b.prefix { return a.prefix < b.prefix }
      let order = KeyOrder.compare(changes[a.index].key, changes[b.index].key)
      return order == 0 ? a.index < b.index : order < 0
    }
    return places.map(\.index)
  }
}
