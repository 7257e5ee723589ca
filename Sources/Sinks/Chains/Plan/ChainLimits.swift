// SPDX-License-Identifier: Apache-2.0

/// Bounds on a chain that comes from outside; a token may lower them.
public struct ChainLimits: Sendable {
  /// How long its JSON text may be, in bytes.
  ///
  /// Default 8 KiB, an eighth of a client's message.
  public var maximumBytes = 8 << 10
  /// How many stages it may have.
  ///
  /// Default 16.
  public var maximumStages = 16
  /// How many aggregates a stage may have.
  ///
  /// Default 16.
  public var maximumAggregates = 16
  /// How many members a `select` may write.
  ///
  /// Default 64.
  public var maximumOutputs = 64
  /// The most keys of a stage that divides by a key, or of a window the most aggregates, one for
  /// each key and window.
  ///
  /// Default 100,000. More asked for is refused.
  public var maximumKeys = 100_000
  /// What a stage keeps that says nothing of its keys.
  ///
  /// Default 10,000; less where its share of ``maximumStateBytes`` does not allow so many.
  public var defaultKeys = 10_000
  /// What the state of a chain may come to by ``ChainCost``, in bytes.
  ///
  /// Default 64 MiB.
  public var maximumStateBytes = 64 << 20
  /// How long a duration may be.
  ///
  /// Default 7 days; the least is a millisecond.
  public var maximumDuration = Duration.seconds(7 * 86_400)
  /// In how many windows an element may be at once: a sliding window's size by its distance.
  ///
  /// Default 120, such as a minute each half second. It bounds how many results an event leads to.
  public var maximumOverlap = 120
  /// How many elements a window by number may have.
  ///
  /// Default 10,000.
  public var maximumCount = 10_000
  /// How many values of a key an aggregate may tell apart or list.
  ///
  /// Default 1,000.
  public var maximumValues = 1_000
  /// What the chain may cost, by ``ChainCost``.
  ///
  /// Default 200.
  public var maximumCost = 200
  /// Bounds of each filter in it.
  public var filter = FilterLimits()

  /// Makes limits, the defaults.
  public init() {}

  /// The same, with at least one of what there is to be at all.
  var usable: ChainLimits {
    var limits = self
    limits.maximumAggregates = max(1, maximumAggregates)
    limits.maximumOutputs = max(1, maximumOutputs)
    limits.maximumKeys = max(1, maximumKeys)
    limits.defaultKeys = max(1, defaultKeys)
    limits.maximumCount = max(1, maximumCount)
    limits.maximumValues = max(1, maximumValues)
    return limits
  }

  /// The longest text that is told apart as a key or kept by an aggregate, in bytes: 1 KiB.

  ///
  /// A longer one is no key, and none of an aggregate's values; it is counted as `oversized`.
  public static let maximumValueBytes = 1 << 10
  /// The most bytes of data that `select` writes: 2 MiB, twice what may be published.
  ///
  /// An event whose data would be larger is dropped, and counted as `oversizedEvents`.
  public static let maximumEventBytes = 2 << 20
  /// The most that an event may weigh to be held by a stage, in bytes: 64 KiB, a client's message.

  ///
  /// A heavier one does not enter a stage that holds events, and is counted as `oversized`.
  public static let maximumHeldBytes = 64 << 10
}

/// What a chain may take at most, by rules that are documented in `docs/chains.md`.
public struct ChainCost: Hashable, Sendable {
  /// One for each stage, each pass of a filter over an event and each aggregate, and for each begun
  /// mebibyte of ``stateBytes``.
  public let total: Int
  /// What its stages keep when they are full, in bytes; an event that is held counts 4 KiB.
  public let stateBytes: Int
}
