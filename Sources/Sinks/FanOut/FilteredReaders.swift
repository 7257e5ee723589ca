// SPDX-License-Identifier: Apache-2.0
import Streams

/// The readers of a topic that want some of its events only.
///
/// An event costs a look-up and those who want it, not everybody: a reader that waits is not told of
/// what it does not want, and moved over that when something comes that it wants.
struct FilteredReaders {
  private var filters = FilterSet()
  private var shares = FilterShares()
  /// By the number of their member in `filters`.
  private var readers: [FanOutReader?] = []
  private var free: [Int] = []
  private var matches: [Int] = []
  /// The first entry of which it is not known who wants it.
  private(set) var next: Offset = 1

  /// How many there are.
  var count: Int { readers.count - free.count }

  /// All of them.
  var all: [FanOutReader] { readers.compactMap(\.self) }

  /// Throws what ``add(_:_:end:)`` would.
  func checkRoom(for filter: EventFilter, _ client: ClientKey?) throws(FilterSetError) {
    if let refusal = shares.refusal(of: filter, for: client, filters.limits) { throw refusal }
    try filters.checkRoom(forMember: filter)
  }

  /// Adds a reader, which hears of what is published from `end` on.
  mutating func add(
    _ reader: FanOutReader,
    _ filter: EventFilter,
    end: Offset
  ) throws(FilterSetError) {
    let client = reader.session.client
    if let refusal = shares.refusal(of: filter, for: client, filters.limits) { throw refusal }
    if count == 0 { next = end }
    let number = free.last ?? readers.count
    reader.cursor.membership = try filters.add(filter, member: number)
    shares.add(filter, of: client, number)
    if number == readers.count {
      readers.append(reader)
    } else {
      readers[free.removeLast()] = reader
    }
    reader.cursor.place = number
  }

  mutating func remove(_ cursor: FanOutCursor) {
    guard let number = cursor.place, let membership = cursor.membership else { return }
    filters.remove(membership)
    shares.remove(number)
    readers[number] = nil
    free.append(number)
    (cursor.place, cursor.membership) = (nil, nil)
  }

  /// Tells of what the topic has gained.
  ///
  /// - Parameters:
  ///   - topic: What they read.
  ///   - head: Its end.
  ///   - woken: Gets those for whom there is something new; one may be there twice.
  mutating func hear(_ topic: Topic<Event>, upTo head: Offset, _ woken: inout [FanOutReader]) {
    guard count > 0 else { return }
    var position = Position(next: next, nextMark: .max)
    while position.next < head {
      let found = topic.readFromMemory(from: &position, limit: Int(min(head - position.next, 256)))
      guard let batch = found, batch.leadingGap == nil, batch.count > 0 else {
        // What was not looked at is looked at by everybody.
        woken += all
        break
      }
      batch.forEachEntry(of: topic) { entry in
        matches.removeAll(keepingCapacity: true)
        filters.appendMatches(entry.event, to: &matches)
        for number in matches {
          guard let reader = readers[number] else { continue }
          reader.cursor.skip(to: entry.offset)
          reader.cursor.hear(head)
          woken.append(reader)
        }
      }
    }
    next = max(next, head)
  }
}
