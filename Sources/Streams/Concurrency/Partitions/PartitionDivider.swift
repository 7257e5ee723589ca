// SPDX-License-Identifier: Apache-2.0

/// Divides the entries of one input by key into rounds for several partitions; marks go to all.
struct PartitionDivider<Element: Sendable>: Sendable {
  private let partition: @Sendable (Element) -> Int
  private var builders: [RunBuilder<Element>]
  private var items: [[Batch<Element>.Item]]
  private var count = 0
  /// The instant of the round at hand, if one is open.
  private(set) var instant: Timestamp?

  init(count: Int, _ partition: @escaping @Sendable (Element) -> Int) {
    self.partition = partition
    builders = Array(repeating: RunBuilder(), count: count)
    items = Array(repeating: [], count: count)
  }

  /// How many more entries and marks the round takes.
  var room: Int { PartitionRound<Element>.limit - count }

  /// Takes one item of the round's instant.
  mutating func take(_ item: Batch<Element>.Item, at appended: Timestamp) {
    instant = appended
    count += item.weight
    switch item {
    case .run(let run):
      for element in run { builders[partition(element)].append(element, at: appended) }
    case .mark:
      for index in builders.indices { builders[index].flush(then: item, into: &items[index]) }
    case .gap: builders[0].flush(then: item, into: &items[0])
    }
  }

  /// Rounds in which nothing is but the promise; what is at hand is later, and stays.
  func silentRounds(through silent: Timestamp) -> [PartitionRound<Element>] {
    builders.map { _ in PartitionRound(silentThrough: silent) }
  }

  /// The rounds of all partitions, of which more may follow at the same instant.
  mutating func takeOpenRounds() -> [PartitionRound<Element>] {
    takeRounds(through: (instant ?? .distantPast).advanced(byMilliseconds: -1), isOpen: true)
  }

  /// The rounds of all partitions, behind which nothing comes until that instant.
  mutating func takeRounds(
    through silent: Timestamp,
    isOpen: Bool = false,
    isLast: Bool = false
  ) -> [PartitionRound<Element>] {
    if !isOpen { instant = nil }
    count = 0
    return builders.indices.map { index in
      builders[index].flush(into: &items[index])
      defer { items[index] = [] }
      return PartitionRound(
        items: items[index],
        silentThrough: silent,
        isOpen: isOpen,
        isLast: isLast
      )
    }
  }
}
