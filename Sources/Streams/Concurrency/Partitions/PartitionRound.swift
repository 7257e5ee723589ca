// SPDX-License-Identifier: Apache-2.0

/// A stretch of the log of one instant, as one partition gets it.
///
/// Where rounds begin and end is told by the log alone: a round ends where the instant does, or
/// after ``limit`` of its entries and marks. So the order of what comes out, round by round, is told
/// by it too.
struct PartitionRound<Element: Sendable>: Sendable {
  /// The most entries and marks of a round, in all partitions.
  static var limit: Int { FlowLimits.batch }

  /// Its entries and marks.
  var items: [Batch<Element>.Item] = []
  /// Nothing else comes at or before this instant.
  var silentThrough = Timestamp.distantPast
  /// Whether more of its instant may follow.
  var isOpen = false
  /// Whether it is the last: the input has ended.
  var isLast = false

  /// Takes the next items, at most `limit` entries.
  mutating func takeItems(limit: Int) -> [Batch<Element>.Item] {
    var taken: [Batch<Element>.Item] = []
    var left = limit
    for (index, item) in items.enumerated() {
      guard case .run(let run) = item, run.count >= left else {
        taken.append(item)
        if case .run(let run) = item { left -= run.count }
        continue
      }
      let rest = items[(index + 1)...]
      if run.count == left {
        taken.append(item)
        items = Array(rest)
      } else {
        var second = run
        taken.append(.run(second.split(at: left)))
        items = [.run(second)] + rest
      }
      return taken
    }
    items = []
    return taken
  }
}

/// What one partition says of its rounds.
enum PartitionOutput<Element: Sendable>: Sendable {
  /// Entries, marks and gaps, in order.
  case item(Batch<Element>.Item)
  /// All of a round was said.
  case endOfRound
}
