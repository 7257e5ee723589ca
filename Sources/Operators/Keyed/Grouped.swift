// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Runs a copy of an operator for each key, and emits what it emits together with the key.
///
/// A key's copy is made when its first element comes. It is told the end of its flow, and gone, when
/// the key was silent for long, when there is no room for another, or when the flow ends; what it
/// holds comes out then. A copy that ends by itself, as `prefix` does, takes no more elements of its
/// key. State: that of one operator per key, at most as many as the limit says. Cost: O(1) per
/// element and the operator's; O(log n) in the number of keys where a copy has a deadline or waits
/// for a watermark.
public struct Grouped<Key: Hashable & Sendable, Inner: Operator>: Operator {
  /// What goes in.
  public typealias Input = Inner.Input
  /// What comes out.
  public typealias Output = Keyed<Key, Inner.Output>

  /// The operator of one key.
  @usableFromInline
  struct Group: Sendable {
    @usableFromInline var chain: Inner
    /// Tells the group apart from all others there ever were; later ones have greater numbers.
    @usableFromInline let serial: UInt64
    @usableFromInline var closing = GroupClosing.open
    /// Whether the group is gone once it is closed, and not only closed to elements.
    @usableFromInline var leaves = false

    @inlinable
    init(chain: Inner, serial: UInt64) {
      self.chain = chain
      self.serial = serial
    }
  }

  @usableFromInline let key: @Sendable (Input) -> Key
  /// The operator of a key that is yet to come: it has no elements, but hears of watermarks.
  @usableFromInline var inner: Inner
  @usableFromInline let limits: GroupLimits
  @usableFromInline var groups = RecentKeys<Key, Group>()
  @usableFromInline var serials: UInt64 = 0
  /// When each group wants to be fired, and the watermark that each wants to hear of.
  @usableFromInline var deadlines = SlotHeap()
  @usableFromInline var wanted = SlotHeap()
  /// The newest watermark that was told.
  @usableFromInline var watermark = Timestamp.distantPast
  /// The newest watermark that was heard of.
  @usableFromInline var heard = Timestamp.distantPast
  @usableFromInline var task = GroupTask.none
  /// The group that holds outputs or is being closed, −1 if there is none.
  @usableFromInline var current = -1
  /// An element that waits until its group can take it.
  @usableFromInline var held: Input?
  @usableFromInline var sides = GroupSides()
  @usableFromInline var counts = GroupCounts()

  /// Makes the operator.
  ///
  /// - Parameters:
  ///   - key: What the elements are divided by.
  ///   - limits: How many keys are kept, and for how long.
  ///   - inner: The operator of which each key gets a copy.
  @inlinable
  public init(by key: @escaping @Sendable (Input) -> Key, _ limits: GroupLimits, _ inner: Inner) {
    self.key = key
    self.limits = limits
    self.inner = inner
  }

  /// True: several keys may have something to say at one instant.
  @inlinable public static var expands: Bool { true }
  /// Whether the inner operator may fail.
  @inlinable public static var fails: Bool { Inner.fails }

  /// Offers the element to its key's operator, or keeps it until there is room for that.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    guard let slot = slot(for: element, at: now) else { return }
    let key = groups.slots[slot].key
    if heard > .distantPast { groups.slots[slot].value.chain.hear(heard) }
    groups.slots[slot].value.chain.receive(element, at: now) { emit(Keyed(key: key, value: $0)) }
    settle(slot)
  }

  /// Tells the groups that are yet to come; the others are told with their next element.
  @inlinable
  public mutating func hear(_ watermark: Timestamp) {
    heard = watermark
    inner.hear(watermark)
  }

  /// The group of an element; `nil` if none takes it, or none takes it now.
  @inlinable
  mutating func slot(for element: Input, at now: Timestamp) -> Int? {
    let key = key(element)
    guard let slot = groups.slot(of: key) else { return open(key, for: element, at: now) }
    groups.touch(slot, at: now)
    if Inner.ends, groups.slots[slot].value.closing == .closed {
      counts.ended &+= 1
      return nil
    }
    return slot
  }

  /// Makes the group of a new key; `nil` if there is no room, or there will be only later.
  @inlinable
  mutating func open(_ key: Key, for element: Input, at now: Timestamp) -> Int? {
    if groups.count >= limits.maximumKeys {
      makeRoom(for: element)
      return nil
    }
    let slot = groups.insert(key, Group(chain: inner, serial: serials), at: now)
    serials &+= 1
    guard Inner.expands, groups.slots[slot].value.chain.isPending else { return slot }
    current = slot
    held = element
    return nil
  }

  /// Begins to close the oldest group and keeps the element for when it is closed, or drops it.
  @inlinable
  mutating func makeRoom(for element: Input) {
    guard limits.atBound == .evictOldest else {
      counts.rejected &+= 1
      return
    }
    counts.evicted &+= 1
    held = element
    close(groups.first, leaves: true)
  }

  /// Keeps the books after a group's operator was told something.
  @inlinable
  mutating func settle(_ slot: Int) {
    groups.noteChange(at: slot)
    let state = groups.slots[slot].value.state()
    if state.hasFailures { sides.failed = slot }
    if state.hasSideWrites { sides.note(slot) }
    if state.isPending || state.closing != .open {
      current = slot
    } else if state.isDone {
      close(slot, leaves: false)
    } else {
      if current == slot { current = -1 }
      deadlines.set(slot, serial: state.serial, to: state.deadline)
      wanted.set(slot, serial: state.serial, to: future(state.nextWatermark))
    }
  }

  /// The watermark that an operator wants to hear of, or the next if it has heard of that one.
  @inlinable
  func future(_ wanted: Timestamp) -> Timestamp {
    wanted > watermark || watermark == .distantPast
      ? wanted : watermark.advanced(byMilliseconds: 1)
  }

  /// Begins to close a group.
  @usableFromInline
  mutating func close(_ slot: Int, leaves: Bool) {
    groups.noteChange(at: slot)
    deadlines.remove(slot)
    wanted.remove(slot)
    if groups.slots[slot].value.closing == .open {
      groups.slots[slot].value.closing = watermark == .never ? .finish : .lastWatermark
    }
    groups.slots[slot].value.leaves = leaves
    current = slot
  }

  /// Forgets a group that has been told its end, or keeps it closed to the elements of its key.
  @usableFromInline
  mutating func end(_ slot: Int) {
    current = -1
    groups.noteChange(at: slot)
    guard groups.slots[slot].value.leaves else {
      groups.slots[slot].value.closing = .closed
      return
    }
    let moved = groups.count - 1
    if sides.forget(slot, renumbering: moved) {
      groups.slots[slot].value.chain.takeSideWrites { sides.writes.append($0) }
    }
    groups.remove(slot)
    deadlines.renumber(moved, to: slot)
    wanted.renumber(moved, to: slot)
  }
}
