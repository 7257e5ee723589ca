// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

@testable import Sinks

/// Plays the loop of a shard: keeps what is posted until a turn runs it.
final class Turns: Sendable {
  private let bodies = Mutex<[@Sendable (FanOutShard) -> Void]>([])

  /// How many bodies wait for the next turn.
  var waitingCount: Int { bodies.withLock { $0.count } }

  func makeShard(_ frames: FrameLogStore = FrameLogStore()) -> FanOutShard {
    FanOutShard(loop: 0, frames: frames) { body in self.bodies.withLock { $0.append(body) } }
  }

  /// Runs what was posted, then flushes, once.
  func turn(_ shard: FanOutShard) {
    let due = bodies.withLock { bodies in
      defer { bodies = [] }
      return bodies
    }
    for body in due { body(shard) }
    shard.flush()
  }

  /// Runs turns until a loop would sleep; answers how many, at most `limit`.
  @discardableResult
  func settle(_ shard: FanOutShard, limit: Int = 100) -> Int {
    turn(shard)
    var count = 1
    while waitingCount > 0, count < limit {
      turn(shard)
      count += 1
    }
    return count
  }
}

/// A session without a socket: counts how often it is pumped.
final class FakeSession: FanOutSession {
  private(set) var lost: [FanOutCursor] = []
  let id: SessionID
  let client: ClientKey? = nil
  private(set) var pumpCount = 0
  private(set) var heard: [String] = []
  private(set) var cursors: [FanOutCursor] = []
  var onPump: () -> Void = {}

  init(_ shard: FanOutShard) {
    id = shard.makeID()
    shard.add(self)
  }

  func lose(_ cursor: FanOutCursor) { lost.append(cursor) }
  func heed(_ revocation: Revocation) {}

  func hear(_ cursor: FanOutCursor, head: Offset) {
    heard.append(cursor.topic.name)
    cursor.hear(head)
  }

  /// Begins to read a topic from its end on.
  func read(_ topic: Topic<Event>, in shard: FanOutShard) {
    let log = shard.frames.log(topic, .webSocket(channel: topic.name))
    let cursor = FanOutCursor(log, next: topic.end.next)
    cursors.append(cursor)
    try? shard.read(cursor, by: self)
  }

  /// Reads nothing any more.
  func stop(in shard: FanOutShard) {
    for cursor in cursors { shard.stopReading(cursor) }
  }

  func pump() {
    pumpCount += 1
    onPump()
  }
}
