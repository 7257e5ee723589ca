// SPDX-License-Identifier: Apache-2.0

/// A member of a ``FilterSet`` under a filter.
public struct FilterHandle: Hashable, Sendable {
  let place: Int
  let generation: UInt64
}

/// Many filters over the same events, which tell who wants an event.
///
/// Equal filters are one: evaluated once for an event, whoever shares them. Those that demand that a
/// tag, the type, the subject, the id or the source is one of some texts are found by that text; the
/// others are evaluated for every event. A value without locks; it belongs to whoever filters.
public struct FilterSet: Sendable {
  struct Entry {
    var filter: EventFilter?
    var firstMember = -1
    /// Where the filter stands in the index.
    var postings: [Int] = []
    /// Where it stands among those that are evaluated for every event.
    var scanned = -1
  }

  struct Membership {
    var member = 0
    var entry = -1
    var previous = -1
    var next = -1
    var generation: UInt64 = 0
  }

  /// Bounds.
  public let limits: FilterSetLimits
  /// What it holds and has done.
  public internal(set) var statistics = FilterSetStatistics()

  var entries: [Entry] = []
  private var freeEntries: [Int] = []
  var memberships: [Membership] = []
  private var freeMemberships: [Int] = []
  private var entryOfForm: [TextKey: Int] = [:]
  var index = FilterIndex()
  var scanned: [Int] = []
  private var scannedLoad = FilterLoad()
  var evaluator = FilterEvaluator()
  private var generation: UInt64 = 0

  /// Makes an empty set.
  public init(limits: FilterSetLimits = .init()) { self.limits = limits }

  /// Adds a member under a filter.
  ///
  /// - Parameters:
  ///   - filter: What the member wants.
  ///   - member: Who it is, in the caller's numbers; one may be there several times.
  /// - Returns: What takes the member away again.
  /// - Throws: ``FilterSetError`` when the set is full; nothing has changed then.
  public mutating func add(
    _ filter: EventFilter,
    member: Int
  ) throws(FilterSetError) -> FilterHandle {
    try checkRoom(forMember: filter)
    let key = TextKey(filter.canonicalForm)
    return join(member, entryOfForm[key] ?? insert(filter, key))
  }

  /// Throws what ``add(_:member:)`` would.
  func checkRoom(forMember filter: EventFilter) throws(FilterSetError) {
    guard statistics.memberCount < limits.maximumMembers else {
      throw .tooManyMembers(limit: limits.maximumMembers)
    }
    if entryOfForm[TextKey(filter.canonicalForm)] == nil { try checkRoom(for: filter) }
  }

  private func checkRoom(for filter: EventFilter) throws(FilterSetError) {
    guard statistics.filterCount < limits.maximumFilters else {
      throw .tooManyFilters(limit: limits.maximumFilters)
    }
    var load = scannedLoad
    if let equality = filter.equality {
      guard index.textCount + equality.texts.count <= limits.maximumIndexedTexts else {
        throw .tooManyIndexedTexts(limit: limits.maximumIndexedTexts)
      }
      if equality.isAll { return }
      load = index.load(under: equality)
    }
    guard load.steps + filter.cost.steps <= limits.maximumSteps else {
      throw .tooManySteps(limit: limits.maximumSteps)
    }
    guard load.passes + filter.cost.passes <= limits.maximumPasses else {
      throw .tooManyPasses(limit: limits.maximumPasses)
    }
  }

  private mutating func insert(_ filter: EventFilter, _ key: TextKey) -> Int {
    let place = freeEntries.popLast() ?? entries.count
    if place == entries.count { entries.append(Entry()) }
    entries[place].filter = filter
    entryOfForm[key] = place
    statistics.filterCount += 1
    if let equality = filter.equality {
      entries[place].postings = index.insert(place, equality, load: filter.load)
      statistics.indexedFilterCount += 1
      statistics.indexedTextCount = index.textCount
    } else {
      entries[place].scanned = scanned.count
      scanned.append(place)
      scannedLoad += filter.load
      statistics.scannedFilterCount = scanned.count
    }
    return place
  }

  private mutating func join(_ member: Int, _ entry: Int) -> FilterHandle {
    let place = freeMemberships.popLast() ?? memberships.count
    if place == memberships.count { memberships.append(Membership()) }
    generation += 1
    let next = entries[entry].firstMember
    memberships[place] = Membership(
      member: member,
      entry: entry,
      next: next,
      generation: generation
    )
    if next >= 0 { memberships[next].previous = place }
    entries[entry].firstMember = place
    statistics.memberCount += 1
    return FilterHandle(place: place, generation: generation)
  }

  /// Takes a member away; O(1), and O(texts) when it was the filter's last.
  ///
  /// - Returns: Whether it was there.
  @discardableResult
  public mutating func remove(_ handle: FilterHandle) -> Bool {
    guard memberships.indices.contains(handle.place),
      memberships[handle.place].generation == handle.generation
    else { return false }
    let membership = memberships[handle.place]
    if membership.next >= 0 { memberships[membership.next].previous = membership.previous }
    if membership.previous >= 0 {
      memberships[membership.previous].next = membership.next
    } else {
      entries[membership.entry].firstMember = membership.next
    }
    memberships[handle.place] = Membership()
    freeMemberships.append(handle.place)
    statistics.memberCount -= 1
    if entries[membership.entry].firstMember < 0 { drop(membership.entry) }
    return true
  }

  private mutating func drop(_ place: Int) {
    guard let filter = entries[place].filter else { return }
    entryOfForm[TextKey(filter.canonicalForm)] = nil
    statistics.filterCount -= 1
    if let equality = filter.equality {
      index.remove(entries[place].postings, equality, load: filter.load)
      statistics.indexedFilterCount -= 1
      statistics.indexedTextCount = index.textCount
    } else {
      let hole = entries[place].scanned
      let last = scanned.removeLast()
      if last != place {
        scanned[hole] = last
        entries[last].scanned = hole
      }
      scannedLoad -= filter.load
      statistics.scannedFilterCount = scanned.count
    }
    entries[place] = Entry()
    freeEntries.append(place)
  }
}

extension EventFilter {
  /// What is evaluated once the index has found the filter, or for every event.
  fileprivate var load: FilterLoad {
    equality?.isAll == true ? FilterLoad() : FilterLoad(cost)
  }
}
