// SPDX-License-Identifier: Apache-2.0

/// Where a cursor starts to read.
public enum CursorStart: Hashable, Sendable {
  /// Behind the newest entry: only what is published from now on.
  case latest
  /// Before the oldest entry that is kept.
  case earliest
  /// Behind an entry that was seen before.
  case after(Epoch, Offset)
}

/// Where a cursor was put, and whether that is where it asked to be.
public struct CursorOpening: Hashable, Sendable {
  /// The position it reads from.
  public let position: Position
  /// False when the asked-for epoch is another or the offset is gone: the cursor then starts
  /// before the oldest entry that is kept.
  public let isRecovered: Bool
}

/// What happens to a cursor that is slower than its topic's publishers.
public enum OverrunPolicy: Hashable, Sendable {
  /// Lossless: a publish suspends until this cursor has room.
  case holdBack
  /// The cursor goes on at the oldest entry that is kept, and is told the gap.
  case skip
}

extension TopicLog {
  /// Resolves a start against what is kept.
  func opening(_ start: CursorStart, epoch: Epoch) -> CursorOpening {
    switch start {
    case .latest:
      CursorOpening(position: end, isRecovered: true)
    case .earliest:
      CursorOpening(position: earliest, isRecovered: true)
    case .after(let wanted, let offset):
      if wanted == epoch, offset < next, offset + 1 >= first {
        CursorOpening(position: position(after: offset), isRecovered: true)
      } else {
        CursorOpening(position: earliest, isRecovered: false)
      }
    }
  }
}
