// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// How the entries of a topic are written as payloads.
struct StoredForm<Element: Sendable>: Sendable {
  typealias Gather = @Sendable (StoredBatch, Position) -> JournalBatch<Element>

  /// What a table's record says of it.
  let kind: StoredTable.Form
  let encode: @Sendable ([Element]) throws(JournalError) -> [[UInt8]]
  /// Reads a payload; `nil` if it can't be read.
  let decode: @Sendable ([UInt8]) -> Element?
  /// Makes of what was read what a topic is given; a closure of its own, so that the loop over the
  /// entries is compiled for their type.
  let gather: Gather
}

extension StoredForm<Event> {
  /// Events, as ``EventPayload`` writes them.
  static let events = StoredForm(
    kind: .events,
    encode: { events in events.map { EventPayload.encode($0) } },
    decode: { try? EventPayload.decode($0) },
    gather: { batch, position in
      JournalBatch(batch, at: position) { try? EventPayload.decode($0) }
    }
  )
}
