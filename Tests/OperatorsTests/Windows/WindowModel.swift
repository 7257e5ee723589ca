// SPDX-License-Identifier: Apache-2.0
import Streams

/// One firing of a window, as the model and the engine are compared.
struct Firing: Equatable, Sendable {
  var start: Int64
  var end: Int64
  var key: String
  var sum: Int
  var count: Int
  var total: Int?
  var revision: Int
  var isFinal: Bool
  var replaces: [Range<Int64>] = []
}

/// Windows by the book: keeps all elements and decides everything anew by the definitions.
struct WindowModel {
  enum Kind: Equatable {
    case aligned(size: Int64, every: Int64, offset: Int64)
    case session(gap: Int64, mergesTouching: Bool)
    case global
  }

  struct Settings {
    var kind: Kind
    var isClocked = false
    var lateness: Int64 = 0
    var bound: Int64 = 0
    var earlyCount: Int?
    var earlyEvery: Int64?
    var lateCount = 1
    var isDiscarding = false
    var closesAlways = false
    /// Whether windows overlap and have the usual triggers: then their keys stand in another order.
    var isShared: Bool {
      guard case .aligned(let size, let every, _) = kind else { return false }
      return size != every && !isTriggered
    }
    var isTriggered: Bool {
      earlyCount != nil || earlyEvery != nil || lateCount != 1 || isDiscarding || closesAlways
    }
  }

  /// A window of a key, with all its elements.
  final class Window {
    let key: String
    let number: Int
    var rank: Int
    var start: Int64
    var end: Int64
    /// Elements of former firings, and those since.
    var old: [Int] = []
    var new: [Int] = []
    var firings = 0
    var news = 0
    var isPast = false
    var told: Range<Int64>?
    var replaced: [Range<Int64>] = []

    init(_ key: String, _ number: Int, _ rank: Int, _ start: Int64, _ end: Int64) {
      (self.key, self.number, self.rank, self.start, self.end) = (key, number, rank, start, end)
    }
  }

  let settings: Settings
  private(set) var firings: [Firing] = []
  private(set) var late = 0
  private var watermark = Int64.min
  private var now = Int64.min
  private var tick = Int64.max
  private var open: [Window] = []
  private var number = 0
  private var ranks: [String: Int] = [:]
  private var accepted: [Reading] = []
  private var latestFired = Int64.min

  init(_ settings: Settings) {
    self.settings = settings
  }

  private func isClosed(_ end: Int64) -> Bool {
    let (close, overflows) = end.addingReportingOverflow(settings.lateness)
    return watermark != .min && watermark >= (overflows ? .max : close)
  }

  mutating func take(_ step: LogStep, at instant: Int64) {
    passTime(before: instant)
    now = instant
    switch step {
    case .readings(let readings):
      for reading in readings {
        take(reading)
        if !settings.isClocked { move(to: reading.time.milliseconds - settings.bound) }
      }
    case .mark(.watermark(let instant)): if !settings.isClocked { move(to: instant.milliseconds) }
    case .mark(.endOfInput): if !settings.isClocked, settings.kind != .global { move(to: greatest) }
    }
  }

  private var greatest: Int64 { open.filter { !$0.isPast }.map(\.end).max() ?? .min }

  /// The source has ended.
  mutating func end() {
    move(to: settings.isClocked && settings.kind != .global ? greatest : .max)
  }

  private mutating func take(_ reading: Reading) {
    let time = settings.isClocked ? now : reading.time.milliseconds
    let windows = windows(of: reading.key, at: time)
    if windows.isEmpty { late += 1 } else { accepted.append(reading) }
    for window in windows {
      window.new.append(reading.value)
      window.news += 1
      if window.isPast {
        if window.news >= settings.lateCount { fire(window) }
        continue
      }
      if let count = settings.earlyCount, window.news >= count { fire(window) }
      if let every = settings.earlyEvery, tick == .max {
        tick = now - (now % every + every) % every + every
      }
    }
  }

  /// The open windows in which an element is, in the order of their ends.
  private mutating func windows(of key: String, at time: Int64) -> [Window] {
    if !open.contains(where: { $0.key == key }) { ranks[key] = nil }
    switch settings.kind {
    case .global: return [window(key, .min, .max)]
    case .aligned(let size, let every, let offset):
      return (time - size + 1...time).filter { ($0 - offset) % every == 0 }
        .filter { !isClosed($0 + size) }
        .map { window(key, $0, $0 + size) }
    case .session(let gap, let mergesTouching):
      return session(key, time, time + gap, mergesTouching ? 0 : 1).map { [$0] } ?? []
    }
  }

  private mutating func window(_ key: String, _ start: Int64, _ end: Int64) -> Window {
    if let found = open.first(where: { $0.key == key && $0.end == end }) { return found }
    number += 1
    let window = Window(key, number, ranks[key] ?? number, start, end)
    ranks[key] = window.rank
    window.isPast = watermark != .min && end <= watermark
    open.append(window)
    return window
  }

  private mutating func session(
    _ key: String,
    _ start: Int64,
    _ end: Int64,
    _ overlap: Int64
  ) -> Window? {
    let reached = open.filter {
      $0.key == key && min($0.end, end) - max($0.start, start) >= overlap
    }
    guard let oldest = reached.first else {
      return isClosed(end) ? nil : window(key, start, end)
    }
    let (first, last) = (
      min(start, reached.map(\.start).min() ?? start), max(end, reached.map(\.end).max() ?? end)
    )
    for window in reached {
      if let told = window.told, told != first..<last {
        oldest.replaced.append(told)
        window.told = nil
      }
      guard window !== oldest else { continue }
      oldest.replaced += window.replaced
      oldest.old += window.old
      oldest.new += window.new
      oldest.firings = max(oldest.firings, window.firings)
      oldest.news += window.news
      open.removeAll { $0 === window }
    }
    (oldest.start, oldest.end) = (first, last)
    oldest.isPast = watermark != .min && last <= watermark
    return oldest
  }

  /// Moves the watermark and lets what it ends fire.
  private mutating func move(to instant: Int64) {
    guard instant > watermark else { return }
    watermark = instant
    if case .session = settings.kind { endSessions() } else { endAligned() }
    let left = open.filter { !isClosed($0.end) }
    open = left
  }

  private mutating func endAligned() {
    let isShared = settings.isShared
    let ended = open.filter { !$0.isPast && $0.end <= watermark }
      .sorted {
        ($0.end, isShared ? $0.rank : $0.number) < ($1.end, isShared ? $1.rank : $1.number)
      }
    for window in ended { endOne(window) }
    let closed = open.filter { window in
      isClosed(window.end) && !ended.contains { $0 === window }
    }
    for window in closed.sorted(by: { ($0.end, $0.number) < ($1.end, $1.number) })
    where window.news > 0 || settings.closesAlways {
      fire(window)
    }
  }

  private mutating func endSessions() {
    let due = open.map { ($0, $0.isPast ? $0.end + settings.lateness : $0.end) }
      .filter { $0.1 <= watermark }
      .sorted { ($0.1, $0.0.number) < ($1.1, $1.0.number) }
    for (window, _) in due {
      if !window.isPast {
        endOne(window)
      } else if window.news > 0 || settings.closesAlways {
        fire(window)
      }
    }
  }

  private mutating func endOne(_ window: Window) {
    window.isPast = true
    if window.news > 0 || window.firings == 0 || !settings.isDiscarding
      || settings.closesAlways && isClosed(window.end)
    {
      fire(window)
    }
  }

  /// Lets time go on to just before `instant`: what ends by the clock fires.
  private mutating func passTime(before instant: Int64) {
    while true {
      let end = settings.isClocked ? open.filter { !$0.isPast }.map(\.end).min() ?? .max : .max
      let next = min(tick, end == .max ? .max : end - 1)
      guard next < instant else { return }
      let isTick = tick == next
      if isTick { tick = .max }
      if settings.isClocked, settings.kind != .global { move(to: next + 1) }
      guard isTick else { continue }
      var news = open.filter { !$0.isPast && $0.news > 0 }
      if case .session = settings.kind {
        news.sort { $0.number < $1.number }
      } else {
        news.sort { ($0.end, $0.number) < ($1.end, $1.number) }
      }
      for window in news { fire(window) }
    }
  }

  private mutating func fire(_ window: Window) {
    latestFired = max(latestFired, window.end)
    let values = settings.isDiscarding ? window.new : window.old + window.new
    let (start, end) = (window.start, window.end)
    let before = accepted.filter { $0.key == window.key && $0.time.milliseconds < latestFired }
    firings.append(
      Firing(
        start: start,
        end: end,
        key: window.key,
        sum: values.reduce(0, +),
        count: values.count,
        total: before.reduce(0) { $0 + $1.value },
        revision: window.firings,
        isFinal: isClosed(end),
        replaces: window.replaced.sorted {
          ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }
      )
    )
    window.firings += 1
    window.news = 0
    window.old += window.new
    window.new = []
    window.told = start..<end
    window.replaced = []
  }
}
