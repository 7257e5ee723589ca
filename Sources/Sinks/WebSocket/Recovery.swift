// SPDX-License-Identifier: Apache-2.0
import Streams

/// What a client has missed of a topic: all of it, or nothing.
struct Recovery: Sendable {
  /// The entry that is read next.
  private(set) var next: Offset
  /// What was read so far; `nil` once it is sure that not all of it can be told.
  private(set) var missed: [EventEntry]? = []
  /// Whether what was read is not all, since more would be too much; only where a part is wanted too.
  private(set) var isCut = false
  /// Why the disk has not given it.
  private(set) var error: JournalError?
  /// What was read from disk; it counts as held as long as this or a copy lives.
  private(set) var reading: HeldReading?
  private let last: Offset
  private var bytesLeft: Int
  /// Which entries the client wants; `nil` for all.
  private let filter: EventFilter?
  /// Whether a part of it is worth something.
  private let takesParts: Bool

  init(
    after offset: Offset,
    through last: Offset,
    maximumBytes: Int,
    where filter: EventFilter? = nil,
    takingParts takesParts: Bool = false
  ) {
    next = offset + 1
    self.filter = filter
    self.takesParts = takesParts
    self.last = last
    bytesLeft = maximumBytes
  }

  /// Whether there is nothing more to read.
  var isOver: Bool { next > last || missed == nil || isCut || error != nil }

  /// Takes what was read.
  mutating func take(_ batch: Batch<Event>, of topic: Topic<Event>) {
    guard batch.leadingGap == nil, batch.count > 0 else {
      missed = nil
      return
    }
    var evaluator = FilterEvaluator()
    batch.forEachEntry(of: topic) { entry in
      guard entry.offset == next, next <= last, !isCut else { return }
      if takesParts, bytesLeft < 0 {
        isCut = true
        return
      }
      next += 1
      if let filter, evaluator.evaluate(filter, entry.event) != .matched { return }
      bytesLeft -= entry.event.weight
      missed?.append(entry)
    }
    if bytesLeft < 0, !takesParts { missed = nil }
  }

  /// Reads on from memory until it is over.
  ///
  /// - Returns: Whether it is; if not, the topic's journal has what comes next.
  mutating func readFromMemory(_ topic: Topic<Event>) -> Bool {
    while !isOver {
      var position = Position(next: next, nextMark: .max)
      guard let batch = topic.readFromMemory(from: &position, limit: Int(last + 1 - next)) else {
        return false
      }
      take(batch, of: topic)
    }
    return true
  }

  /// Reads on from memory and from disk until it is over.
  ///
  /// - Parameters:
  ///   - topic: What was missed.
  ///   - reading: Counts what is read.
  ///   - completion: Called once, from any thread.
  func read(
    _ topic: Topic<Event>,
    counting reading: HeldReading?,
    completion: @escaping @Sendable (Recovery) -> Void
  ) {
    guard !isOver else { return completion(self) }
    topic.readBack(
      from: Position(next: next, nextMark: .max),
      limit: Int(last + 1 - next)
    ) { result in
      var recovery = self
      recovery.reading = reading
      switch result {
      case .success(let found):
        recovery.take(found.batch, of: topic)
        reading?.add(bytesLeft - recovery.bytesLeft)
      case .failure(let error): recovery.error = error
      }
      recovery.read(topic, counting: reading, completion: completion)
    }
  }
}
