// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The topics of which something has to go, in the order in which that was found: each has its turn.
struct OverdueTopics {
  private var waiting: [TopicID] = []
  /// How many at the front were taken.
  private var taken = 0
  private var members: Set<TopicID> = []

  var isEmpty: Bool { members.isEmpty }

  func contains(_ id: TopicID) -> Bool { members.contains(id) }

  /// Adds a topic behind the others, unless it is there.
  mutating func insert(_ id: TopicID) {
    if members.insert(id).inserted { waiting.append(id) }
  }

  /// Takes the first one away.
  mutating func popFirst() -> TopicID? {
    guard taken < waiting.count else { return nil }
    let id = waiting[taken]
    taken += 1
    members.remove(id)
    if taken > waiting.count / 2 {
      waiting.removeFirst(taken)
      taken = 0
    }
    return id
  }
}

/// What was appended while something was overdue and is not made good yet by what was deleted: with that
/// retention has to keep up.
struct RetentionDebt {
  private(set) var entries = 0
  private(set) var bytes: Int64 = 0

  /// Entries count as if they had so many bytes, on an average.
  static let entryBytes: Int64 = 4_096

  mutating func add(entries: Int, bytes: Int64) {
    self.entries += entries
    self.bytes += bytes
  }

  mutating func settle(entries: Int, bytes: Int64) {
    self.entries = max(0, self.entries - entries)
    self.bytes = max(0, self.bytes - bytes)
  }

  /// Whether it is as much as a step of so many entries deletes.
  func isPressing(step: Int) -> Bool {
    entries >= step || bytes >= Int64(step) * Self.entryBytes
  }
}
