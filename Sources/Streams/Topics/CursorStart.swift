// SPDX-License-Identifier: Apache-2.0

/// Where a cursor starts to read.
public enum CursorStart: Hashable, Sendable {
  /// Behind the newest entry: only what is published from now on.
  case latest
  /// Before the oldest entry that is kept.
  case earliest
  /// With the newest entry per key of a table, by offset, then on with its changes; of a topic
  /// that is no table it is answered as not recovered, before the oldest entry that is kept.
  case snapshot
  /// Behind an entry that was seen before.
  case after(Epoch, Offset)
}

/// Where a cursor was put, and whether that is where it asked to be.
public struct CursorOpening: Hashable, Sendable {
  /// The position it reads from, after its snapshot if it has one.
  public let position: Position
  /// False when the asked-for epoch is another or the offset is gone, or there is no snapshot: the
  /// cursor then starts with the snapshot of a table, or before the oldest entry that is kept.
  public let isRecovered: Bool
  /// The offset whose snapshot it hands out first; `nil` if it starts without one.
  public let snapshot: Offset?

  /// The same for a cursor that is given marks from memory alone.
  func reading(marksFrom first: UInt64) -> CursorOpening {
    let place = Position(next: position.next, nextMark: max(position.nextMark, first))
    return CursorOpening(position: place, isRecovered: isRecovered, snapshot: snapshot)
  }
}

extension TopicState {
  /// Resolves a start against what is kept, with the entries of its snapshot.
  func opening(
    _ start: CursorStart,
    _ journal: (any TopicJournal<Element>)?
  ) -> (CursorOpening, SlotLog<Element>?) {
    let oldest = earliest(in: journal)
    switch start {
    case .latest:
      return (CursorOpening(position: log.end, isRecovered: true, snapshot: nil), nil)
    case .earliest:
      return (CursorOpening(position: oldest, isRecovered: true, snapshot: nil), nil)
    case .snapshot:
      return snapshotOpening(before: oldest, isRecovered: extras?.indexes.table != nil, journal)
    case .after(let wanted, let offset):
      guard wanted == epoch, offset < log.next, offset + 1 >= oldest.next else {
        return snapshotOpening(before: oldest, isRecovered: false, journal)
      }
      let position = position(after: offset, in: journal)
      return (CursorOpening(position: position, isRecovered: true, snapshot: nil), nil)
    }
  }

  private func snapshotOpening(
    before oldest: Position,
    isRecovered: Bool,
    _ journal: (any TopicJournal<Element>)?
  ) -> (CursorOpening, SlotLog<Element>?) {
    guard let table = extras?.indexes.table else {
      return (CursorOpening(position: oldest, isRecovered: isRecovered, snapshot: nil), nil)
    }
    let newest = table.through
    let position = position(after: newest, in: journal)
    return (
      CursorOpening(position: position, isRecovered: isRecovered, snapshot: newest), table.slots
    )
  }
}
