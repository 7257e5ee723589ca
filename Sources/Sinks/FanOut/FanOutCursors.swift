// SPDX-License-Identifier: Apache-2.0
import Streams
import Transport

/// A session with a cursor for each thing it reads, which take turns.
protocol FanOutCursors: FanOutSession {
  var connection: Connection { get }
  var shard: FanOutShard { get }
  /// Whether nothing is sent any more.
  var isClosing: Bool { get }
  /// How many cursors there are; they may become fewer while one is pumped.
  var cursorCount: Int { get }

  /// Queues a bounded batch of one cursor; answers whether there was anything.
  func pump(_ index: Int) -> Bool
}

extension FanOutCursors {
  /// Sends what waits, then a batch of each cursor in turn, as long as the socket takes them.
  func pumpCursors() {
    connection.flush()
    var (index, idle, batches) = (0, 0, 0)
    while connection.isClear, !isClosing, idle < cursorCount {
      guard batches < FanOutLimits.batchesPerTurn else { return shard.pumpAgain(id) }
      index %= cursorCount
      if pump(index) {
        (idle, batches) = (0, batches + 1)
        connection.flush()
      } else {
        idle += 1
      }
      index += 1
    }
  }
}
