// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Gives out filters, the same object for all that say the same.
///
/// It keeps none alive: a filter goes with the last who holds it.
public final class FilterCatalog: Sendable {
  private struct Holder {
    weak var filter: EventFilter?
  }

  private struct State {
    var holders: [TextKey: Holder] = [:]
    /// The count at which those without a filter are thrown away.
    var sweepCount = 64
  }

  private let state = Mutex(State())

  /// Makes an empty catalog.
  public init() {}

  /// How many filters are in use.
  public var count: Int {
    state.withLock { $0.holders.values.count { $0.filter != nil } }
  }

  /// How many places there are, those of filters that are gone included.
  var heldCount: Int { state.withLock { $0.holders.count } }

  /// The filter in use that says the same as `filter`, which is itself if there is none yet.
  public func shared(_ filter: EventFilter) -> EventFilter {
    state.withLock { state in
      let key = TextKey(filter.canonicalForm)
      if let known = state.holders[key]?.filter { return known }
      if state.holders.count >= state.sweepCount {
        state.holders = state.holders.filter { $0.value.filter != nil }
        // Twice what is in use, so that sweeping is a constant share of adding.
        state.sweepCount = max(64, 2 * state.holders.count)
      }
      state.holders[key] = Holder(filter: filter)
      return filter
    }
  }
}
