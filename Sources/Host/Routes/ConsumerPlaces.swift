// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// How far named consumers have got in one durable topic.
struct ConsumerPlaces: Sendable {
  let log: EventLog
  let topic: Topic<Event>
  let clock: any EngineClock

  /// The places of all consumers of the topic.
  func all() async throws -> [CursorStanding] {
    var found: [CursorStanding] = []
    let limit = 1_000
    while true {
      let page = try await log.cursors(after: found.last?.cursor.id, limit: limit)
      found += page
      if page.count < limit { return found.filter { $0.cursor.topic == topic.name } }
    }
  }

  func find(_ name: String) async throws -> CursorStanding {
    guard 1...StorageLimits.nameBytes ~= name.utf8.count else { throw Problem.badConsumer }
    guard let found = try await log.cursor(of: name, topic: topic.name, at: clock.now) else {
      throw Problem.noConsumer(name, topic.name)
    }
    return found
  }

  /// Makes a consumer that begins behind an offset, if it is not there; answers whether it was.
  func open(_ name: String, behind start: Offset, lifetime: Duration) async throws -> Bool {
    guard 1...StorageLimits.nameBytes ~= name.utf8.count else { throw Problem.badConsumer }
    let request = CursorRequest(
      name,
      topic: topic.name,
      startingAt: CursorPlace(topic.epoch, start),
      lifetime: lifetime
    )
    return try await log.openCursor(request, at: clock.now).wasThere
  }

  func move(_ name: String, to offset: Offset) async throws {
    let place = CursorPlace(topic.epoch, offset)
    let cursor = try await find(name).cursor.id
    try await log.moveCursors([CursorMove(cursor, to: place, at: clock.now)])
  }

  func remove(_ name: String) async throws {
    try await log.deleteCursor(try await find(name).cursor.id)
  }

  /// What a consumer has not acknowledged, the oldest first, and whether the topic began anew since.
  func read(_ name: String, limit: Int) async throws -> (batch: Batch<Event>, isReset: Bool) {
    let place = try await find(name).cursor.place
    let isReset = place.epoch != topic.epoch
    let start = isReset ? topic.earliest : topic.position(after: place.offset)
    let batch = try await withCheckedThrowingContinuation { continuation in
      let batch = TopicRoutes.read(topic, from: start, limit: limit) {
        continuation.resume(with: $0)
      }
      if let batch { continuation.resume(returning: batch) }
    }
    return (batch, isReset)
  }
}
