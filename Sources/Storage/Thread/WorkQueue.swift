// SPDX-License-Identifier: Apache-2.0

/// What waits in a queue.
public struct QueueStatistics: Hashable, Sendable {
  /// Requests that wait now.
  public var count = 0
  /// Their bytes.
  public var bytes = 0
  /// The most that have waited at once.
  public var peakCount = 0
  /// Requests that were refused because too many waited.
  public var refused: UInt64 = 0
}

/// A bounded queue from any thread to threads that wait for it.
final class WorkQueue<Item: Sendable>: Sendable {
  private struct State {
    var items: [Item] = []
    /// The bytes of each.
    var sizes: [Int] = []
    /// Items at the front that were taken.
    var taken = 0
    var statistics = QueueStatistics()
    var isClosed = false

    mutating func take() -> Item? {
      guard taken < items.count else { return nil }
      let item = items[taken]
      drop(1)
      return item
    }

    mutating func takeGroup(maximumBytes: Int) -> [Item] {
      if taken == 0, statistics.bytes <= maximumBytes { return takeAll() }
      var (end, bytes) = (taken, 0)
      while end < items.count, end == taken || bytes + sizes[end] <= maximumBytes {
        bytes += sizes[end]
        end += 1
      }
      let group = Array(items[taken..<end])
      drop(end - taken)
      return group
    }

    /// All that is there changes hands as it is.
    private mutating func takeAll() -> [Item] {
      statistics.count = 0
      statistics.bytes = 0
      sizes.removeAll(keepingCapacity: true)
      defer { items = [] }
      return items
    }

    /// Forgets items at the front; they leave memory when they are half of it.
    private mutating func drop(_ number: Int) {
      statistics.count -= number
      statistics.bytes -= sizes[taken..<taken + number].reduce(0, +)
      taken += number
      guard taken == items.count || taken > items.count / 2 else { return }
      items.removeFirst(taken)
      sizes.removeFirst(taken)
      taken = 0
    }
  }

  /// What a thread that waited for work has to do.
  enum Turn {
    case work([Item])
    /// Nothing came for so long.
    case idle
    /// The queue is closed and empty.
    case ended
  }

  private let monitor = Monitor(State())
  private let maximumCount: Int
  private let maximumBytes: Int

  init(maximumCount: Int, maximumBytes: Int) {
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
  }

  /// Why an item was not taken.
  enum Refusal: Hashable, Sendable {
    case count(limit: Int)
    case bytes(limit: Int)
    case closed
  }

  /// Adds an item unless too much waits; one that is larger than the bound is taken when nothing does.
  func offer(_ item: Item, bytes: Int) -> Refusal? {
    monitor.withLock { state in
      if state.isClosed { return (.closed, false) }
      guard state.statistics.count < maximumCount else {
        state.statistics.refused += 1
        return (.count(limit: maximumCount), false)
      }
      guard state.statistics.count == 0 || state.statistics.bytes + bytes <= maximumBytes else {
        state.statistics.refused += 1
        return (.bytes(limit: maximumBytes), false)
      }
      state.items.append(item)
      state.sizes.append(bytes)
      state.statistics.count += 1
      state.statistics.bytes += bytes
      state.statistics.peakCount = max(state.statistics.peakCount, state.statistics.count)
      return (nil, true)
    }
  }

  /// Waits for items and takes those that are there, up to so many bytes but at least one.
  func takeGroup(maximumBytes: Int, waitingMilliseconds: Int) -> Turn {
    let turn = monitor.wait(milliseconds: waitingMilliseconds) { state -> Turn? in
      let group = state.takeGroup(maximumBytes: maximumBytes)
      if !group.isEmpty { return .work(group) }
      return state.isClosed ? .ended : nil
    }
    return turn ?? .idle
  }

  /// Waits for one item; `nil` when the queue is closed and empty.
  func takeOne() -> Item? {
    let taken = monitor.wait { state -> Item?? in
      if let item = state.take() { return .some(item) }
      return state.isClosed ? .some(nil) : nil
    }
    return taken
  }

  /// Takes no more items; those that wait are still served.
  func close() {
    monitor.withLock { state in
      state.isClosed = true
      return ((), true)
    }
  }

  var statistics: QueueStatistics { monitor.withLock { ($0.statistics, false) } }
}
