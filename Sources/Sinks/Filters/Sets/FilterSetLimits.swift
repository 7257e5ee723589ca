// SPDX-License-Identifier: Apache-2.0

/// Bounds on what a set of filters holds, and so on what it may cost for an event.
public struct FilterSetLimits: Sendable {
  /// How many different filters; 100,000 by default.
  public var maximumFilters = 100_000
  /// How many members, of all filters together; 1,000,000 by default.
  public var maximumMembers = 1_000_000
  /// How many texts the index may hold: one for an equality, one for each value of a list.
  ///
  /// Default 1,000,000, about 100 MB.
  public var maximumIndexedTexts = 1_000_000
  /// How many steps the filters may take together that are evaluated for every event, and those that
  /// are for each text in the index.
  ///
  /// Default 100,000: a few milliseconds.
  public var maximumSteps = 100_000
  /// How often they may read an event together, likewise; 2,000 by default.
  public var maximumPasses = 2_000

  /// The part of members, texts, steps and passes that one client may take: one of so many.
  ///
  /// Default 8: an eighth. The set itself knows no clients; whoever adds them heeds it.
  public var clientPart = 8

  /// Makes limits, the defaults.
  public init() {}
}

/// Why a set takes no more; not the fault of who asked, who may come again.
public enum FilterSetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There are as many different filters as are allowed.
  case tooManyFilters(limit: Int)
  /// There are as many members as are allowed.
  case tooManyMembers(limit: Int)
  /// The index holds as many texts as are allowed.
  case tooManyIndexedTexts(limit: Int)
  /// The filters that are evaluated for every event, or for one text, take as many steps as are
  /// allowed.
  case tooManySteps(limit: Int)
  /// They read an event as often as is allowed.
  case tooManyPasses(limit: Int)
  /// Those of one client would take more than one client may.
  case tooManyOfClient(limit: Int, Measure)

  /// What is counted of the filters of one client.
  public enum Measure: Hashable, Sendable {
    /// Subscriptions with a filter.
    case subscriptions
    /// Steps that filters take for an event.
    case steps
    /// How often they read an event.
    case passes
    /// Texts in the index.
    case texts
  }

  /// What is full, and the remedy.
  public var description: String {
    switch self {
    case .tooManyFilters(let limit): "there are \(limit) different filters already; try again later"
    case .tooManyMembers(let limit):
      "there are \(limit) filtered subscriptions already; try again later"
    case .tooManyIndexedTexts(let limit):
      "the filters' lists hold \(limit) values already; use shorter lists or try again later"
    case .tooManySteps(let limit):
      "the filters take \(limit) steps for an event already; demand that a tag or the type equals a text"
    case .tooManyOfClient(let limit, .subscriptions):
      "one client may have \(limit) filtered subscriptions to a topic; end some first"
    case .tooManyOfClient(let limit, .texts):
      "the lists in one client's filters of a topic may hold \(limit) values; use shorter ones"
    case .tooManyOfClient(let limit, .steps):
      "one client's filters of a topic may take \(limit) steps for an event; use simpler or fewer "
        + "ones, or demand only that a tag or the type equals a text"
    case .tooManyOfClient(let limit, .passes):
      "one client's filters of a topic may read an event \(limit) times; use simpler or fewer ones, "
        + "or demand only that a tag or the type equals a text"
    case .tooManyPasses(let limit):
      "the filters read an event \(limit) times already; demand that a tag or the type equals a text"
    }
  }
}

/// What a set holds and has done.
public struct FilterSetStatistics: Equatable, Sendable {
  /// Different filters now.
  public internal(set) var filterCount = 0
  /// Those of them that are looked up.
  public internal(set) var indexedFilterCount = 0
  /// Members now.
  public internal(set) var memberCount = 0
  /// Texts in the index now.
  public internal(set) var indexedTextCount = 0
  /// Those that are evaluated for every event.
  public internal(set) var scannedFilterCount = 0
  /// Events so far.
  public internal(set) var eventCount: UInt64 = 0
  /// Filters that the index found and that had nothing more to be evaluated.
  public internal(set) var lookedUpCount: UInt64 = 0
  /// Filters that were evaluated.
  public internal(set) var evaluatedCount: UInt64 = 0
  /// Evaluations without a value: something was missing or of another type.
  public internal(set) var failedCount: UInt64 = 0
  /// Members that were let through.
  public internal(set) var matchedMemberCount: UInt64 = 0
}
