// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Keeps a state for each key and emits what a closure makes of it and each element.
///
/// A key that no element had for longer than its time to live starts anew; its state is forgotten
/// when the next element of any key comes. State: one per key, at most as many as the limit says.
/// Cost: O(1), and the closure's.
public struct KeyedState<
  Input: Sendable,
  Key: Hashable & Sendable,
  State: Sendable,
  Output: Sendable
>: Operator {
  @usableFromInline let key: @Sendable (Input) -> Key
  @usableFromInline let milliseconds: Int64
  @usableFromInline let maximumKeys: Int
  @usableFromInline let bound: KeyBound
  @usableFromInline let initial: @Sendable () -> State
  @usableFromInline let update: @Sendable (inout State, Input) -> Output?
  @usableFromInline var states = RecentKeys<Key, State>()
  @usableFromInline var expired: UInt64 = 0
  @usableFromInline var evicted: UInt64 = 0
  @usableFromInline var rejected: UInt64 = 0

  /// Makes the operator; see ``Streams/Flow/keyed(by:ttl:maximumKeys:atBound:initial:_:)``.
  @inlinable
  public init(
    by key: @escaping @Sendable (Input) -> Key,
    ttl: Duration?,
    maximumKeys: Int,
    atBound bound: KeyBound,
    initial: @escaping @Sendable () -> State,
    _ update: @escaping @Sendable (inout State, Input) -> Output?
  ) {
    precondition(maximumKeys >= 1, "at least one key is kept")
    precondition((ttl?.wholeMilliseconds ?? 1) >= 1, "a state lives at least 1 ms")
    self.key = key
    milliseconds = ttl?.wholeMilliseconds ?? .max
    self.maximumKeys = maximumKeys
    self.bound = bound
    self.initial = initial
    self.update = update
  }

  /// Updates the state of the element's key; emits what the closure makes of it.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    expire(at: now)
    guard let slot = slot(of: key(element), at: now) else {
      rejected &+= 1
      return
    }
    if let output = update(&states.slots[slot].value, element) { emit(output) }
  }

  /// The slot of a key, which is new if there is room for it.
  @inlinable
  mutating func slot(of key: Key, at now: Timestamp) -> Int? {
    if let slot = states.slot(of: key) {
      states.touch(slot, at: now)
      return slot
    }
    if states.count >= maximumKeys {
      guard bound == .evictOldest else { return nil }
      evictOldest()
    }
    return states.insert(key, initial(), at: now)
  }

  @inlinable
  mutating func expire(at now: Timestamp) {
    guard milliseconds != .max else { return }
    while states.first >= 0, states.oldest.advanced(byMilliseconds: milliseconds) < now {
      states.remove(states.first)
      expired &+= 1
    }
  }

  @inlinable
  mutating func evictOldest() {
    states.remove(states.first)
    evicted &+= 1
  }

  /// Writes the keys, when each was met, and their states.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try StateEncoder.check(State.self)
    try encoder.section("keyed") { encoder throws(StateError) in
      try states.encode(into: &encoder) { _, state, encoder throws(StateError) in
        try encoder.encode(state)
      }
    }
  }

  /// Reads the keys, when each was met, and their states.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("keyed") { decoder, _ throws(StateError) in
      try states.restore(from: &decoder) { decoder throws(StateError) in
        try decoder.decode(State.self)
      }
    }
    while states.count > maximumKeys { evictOldest() }
  }

  /// The stage `keyed`: keys `expired` and `evicted`, elements `rejected`, and `keys` kept now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "keyed",
        [
          "expired": expired, "evicted": evicted, "rejected": rejected,
          "keys": UInt64(states.count),
        ]
      )
    ]
  }
}

extension Flow {
  /// What `update` makes of each element and the state of its key.
  ///
  /// ```swift
  /// let visits = requests.keyed(by: \.session, ttl: .seconds(1_800), initial: { 0 }) { count, _ in
  ///   count += 1
  ///   return count
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - key: What the elements are divided by.
  ///   - ttl: How long a state is kept since the newest element of its key, at least a millisecond.
  ///     Default: as long as there is room.
  ///   - maximumKeys: The most keys, at least one. Default 100,000.
  ///   - bound: What becomes of an element with a new key beyond that. Default: the key that was
  ///     silent longest is forgotten.
  ///   - initial: Makes the state of a new key.
  ///   - update: Changes the state by an element, and says what comes out; `nil` for nothing.
  /// - Returns: The flow.
  @inlinable
  public func keyed<Key: Hashable & Sendable, State: Sendable, Output: Sendable>(
    by key: @escaping @Sendable (Chain.Output) -> Key,
    ttl: Duration? = nil,
    maximumKeys: Int = 100_000,
    atBound bound: KeyBound = .evictOldest,
    initial: @escaping @Sendable () -> State,
    _ update: @escaping @Sendable (inout State, Chain.Output) -> Output?
  ) -> Flow<Fused<Chain, KeyedState<Chain.Output, Key, State, Output>>> {
    apply(
      KeyedState(
        by: key,
        ttl: ttl,
        maximumKeys: maximumKeys,
        atBound: bound,
        initial: initial,
        update
      )
    )
  }
}
