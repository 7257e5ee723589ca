// SPDX-License-Identifier: Apache-2.0

/// Entries in their order, as many as a buffer may hold, with the marks and gaps between them: all of
/// them where the source waits, so that a buffer changes nothing, else one of a kind between entries.
///
/// At every instant `received` is `handedOut + dropped + count`.
struct BufferedItems<Element: Sendable>: Sendable {
  typealias Item = Batch<Element>.Item

  private let limits: BufferLimits
  private var items: [Item] = []
  /// The items before it were handed out or dropped.
  private var first = 0
  /// What stood before entries that were dropped.
  private var front: [Item] = []
  private var newest = Timestamp.distantPast
  /// Whether what was read last has no room until something is taken.
  private var isFull = false
  /// The entries that are held.
  private(set) var count = 0
  private(set) var received: UInt64 = 0
  private(set) var handedOut: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  /// How often the source had to wait.
  private(set) var holdBacks: UInt64 = 0

  init(_ limits: BufferLimits) {
    self.limits = limits
  }

  var isEmpty: Bool { first == items.count && front.isEmpty }

  private var holdsBack: Bool { limits.overflow == .holdBack }

  /// How many entries may be read: those that have room, or any where the source never waits.
  var room: Int {
    guard holdsBack else { return .max }
    let marksHaveRoom = items.count - first < 2 * limits.capacity + 16
    return marksHaveRoom && !isFull ? limits.capacity - count : 0
  }

  /// Appends what was read, and takes it out of `new`.
  ///
  /// What has no room stays there if the source can wait. Answers with an error if that is too much,
  /// and that is an error.
  mutating func append(_ new: inout [Item]) -> BufferError? {
    defer { if room == 0 { holdBacks += 1 } }
    for (index, item) in new.enumerated() {
      guard case .run(let run) = item else {
        if holdsBack { items.append(item) } else { Self.add(item, to: &items, from: first) }
        continue
      }
      if holdsBack, !fits(run.appended) {
        new.removeFirst(index)
        isFull = true
        return nil
      }
      received += UInt64(run.count)
      guard append(run) else { return .overflow(capacity: limits.capacity) }
    }
    new = []
    return nil
  }

  private mutating func append(_ run: Run<Element>) -> Bool {
    switch limits.overflow {
    case .holdBack:
      hold(run)
    case .dropOldest:
      hold(run)
      while count > limits.capacity { dropOldest(count - limits.capacity) }
      while !fits(newest) { dropOldest(.max) }
    case .dropNewest, .fail:
      let room = fits(run.appended) ? limits.capacity - count : 0
      if room >= run.count {
        hold(run)
        return true
      }
      var rest = run
      if room > 0 { hold(rest.split(at: room)) }
      dropped += UInt64(rest.count)
      return limits.overflow != .fail
    }
    return true
  }

  private mutating func hold(_ run: Run<Element>) {
    items.append(.run(run))
    count += run.count
    newest = run.appended
  }

  /// Whether an entry of that instant is not too far from the oldest.
  private func fits(_ instant: Timestamp) -> Bool {
    guard limits.span < .max, count > 0 else { return true }
    for case .run(let run) in items[first...] {
      return instant < run.appended.advanced(byMilliseconds: limits.span)
    }
    return true
  }

  /// Drops the oldest run, or so many of its entries.
  private mutating func dropOldest(_ most: Int) {
    defer { compact() }
    while first < items.count {
      guard case .run(var run) = items[first] else {
        Self.add(items[first], to: &front, from: 0)
        first += 1
        continue
      }
      let number = min(most, run.count)
      if number < run.count {
        _ = run.split(at: number)
        items[first] = .run(run)
      } else {
        first += 1
      }
      count -= number
      dropped += UInt64(number)
      return
    }
  }

  /// Takes the oldest, at most `limit` entries.
  mutating func take(_ limit: Int) -> [Item] {
    isFull = false
    defer { compact() }
    var taken = front
    front = []
    var left = limit
    while first < items.count {
      guard case .run(var run) = items[first] else {
        if holdsBack {
          taken.append(items[first])
        } else {
          Self.add(items[first], to: &taken, from: 0)
        }
        first += 1
        continue
      }
      if left == 0 { break }
      guard run.count > left else {
        left -= run.count
        taken.append(items[first])
        first += 1
        continue
      }
      taken.append(.run(run.split(at: left)))
      items[first] = .run(run)
      left = 0
      break
    }
    count -= limit - left
    handedOut += UInt64(limit - left)
    return taken
  }

  private mutating func compact() {
    guard first == items.count || first > max(64, items.count / 2) else { return }
    items.removeFirst(first)
    first = 0
  }

  /// Puts a mark or a gap behind the others; it replaces one of its kind with no entry between.
  private static func add(_ item: Item, to items: inout [Item], from start: Int) {
    var (item, place) = (item, items.count - 1)
    while place >= start {
      if case .run = items[place] { break }
      if let merged = items[place].merged(with: item) {
        items.remove(at: place)
        item = merged
      }
      place -= 1
    }
    items.append(item)
  }
}

extension Batch.Item {
  /// One item for two of a kind that follow each other; `nil` if they are of two kinds.
  fileprivate func merged(with next: Self) -> Self? {
    switch (self, next) {
    case (.mark(.watermark, _), .mark(.watermark, _)): next
    case (.mark(.endOfInput, _), .mark(.endOfInput, _)): next
    // The offsets may be of two inputs: what counts is how many entries were missed.
    case (.gap(let gap), .gap(let later)): .gap(Gap(from: gap.from, to: gap.to + later.count))
    default: nil
    }
  }
}
