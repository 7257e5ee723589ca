// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What the server has counted since it started, over all loops.
final class ServerStatistics: Sendable {
  /// Requests, by the first digit of their answer's status.
  private let byClass = Mutex([UInt64](repeating: 0, count: 10))
  /// Requests whose head was read.
  let requests = Atomic<UInt64>(0)
  /// Connections that were accepted.
  let accepted = Atomic<UInt64>(0)
  /// Peers that were turned away or let go, by the reason.
  private let byReason = Mutex<[RefusalReason: UInt64]>([:])
  /// Changes of rows that were refused since the row was another than expected.
  let rowConflicts = Atomic<UInt64>(0)
  /// WebSocket sessions that are open.
  let webSockets = Atomic<Int>(0)
  /// Event streams that are open.
  let eventStreams = Atomic<Int>(0)

  func count(status: Int) {
    byClass.withLock { $0[status / 100] += 1 }
  }

  func count(_ reason: RefusalReason) {
    byReason.withLock { $0[reason, default: 0] += 1 }
  }

  /// How many were turned away or let go, for each reason there is.
  var refusals: [(reason: RefusalReason, count: UInt64)] {
    let counts = byReason.withLock { $0 }
    return RefusalReason.allCases.map { ($0, counts[$0] ?? 0) }
  }

  /// Answers by the first digit of their status.
  var answers: [(statusClass: Int, count: UInt64)] {
    byClass.withLock { $0 }.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
  }
}
