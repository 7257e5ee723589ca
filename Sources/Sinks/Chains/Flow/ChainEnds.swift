// SPDX-License-Identifier: Apache-2.0
import Streams

/// Where events enter a chain.
struct ChainEntrance: StatelessOperator {
  mutating func receive(_ event: Event, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    emit(ChainRow(event, appended: now))
  }

  /// None: it is no stage that anybody wrote.
  var stages: [StageStatistics] { [] }
}

/// Where events leave a chain: without an id, so that each is named by its own epoch and offset, and
/// with a time, so that it does not depend on when it was computed.
struct ChainExit: StatelessOperator {
  mutating func receive(_ row: ChainRow, at now: Timestamp, _ emit: (Event) -> Void) {
    let event = row.event
    if event.id == nil, event.time != nil { return emit(event) }
    emit(
      Event(
        data: event.data,
        format: event.format,
        type: event.givenType,
        subject: event.subject,
        time: row.time,
        source: event.source,
        tags: event.tags
      )
    )
  }

  /// None: it is no stage that anybody wrote.
  var stages: [StageStatistics] { [] }
}
