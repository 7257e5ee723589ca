// SPDX-License-Identifier: Apache-2.0
import Streams

/// One firing of a window, as the oracle and the engine are compared.
struct Firing: Equatable, Sendable {
  let start: Int64
  let end: Int64
  let key: String
  let sum: Int
  let count: Int
  let total: Int?
  let revision: Int
  let isFinal: Bool
}

/// Windows by the book: keeps all elements and decides everything anew by the definitions.
struct WindowOracle {
  let size: Int64
  let every: Int64
  let offset: Int64
  let lateness: Int64
  let bound: Int64
  private(set) var firings: [Firing] = []
  private(set) var late = 0
  private var watermark = Int64.min
  private var elements: [Reading] = []
  private var knownEnds: Set<Int64> = []
  private var revisions: [Int64: [String: Int]] = [:]
  private var latestFired = Int64.min

  init(size: Int64, every: Int64, offset: Int64, lateness: Int64, bound: Int64) {
    (self.size, self.every, self.offset) = (size, every, offset)
    (self.lateness, self.bound) = (lateness, bound)
  }

  /// The ends of all windows that hold `time`: their starts lie in `(time - size, time]`.
  private func ends(holding time: Int64) -> [Int64] {
    (time - size + 1...time).filter { ($0 - offset) % every == 0 }.map { $0 + size }
  }

  private func isOver(_ end: Int64) -> Bool {
    watermark != .min && watermark >= end + lateness
  }

  mutating func take(_ step: LogStep) {
    switch step {
    case .readings(let readings):
      for reading in readings {
        take(reading)
        move(to: reading.time.milliseconds - bound)
      }
    case .mark(.watermark(let instant)): move(to: instant.milliseconds)
    case .mark(.endOfInput): move(to: openEnds().last ?? .min)
    }
  }

  private mutating func take(_ reading: Reading) {
    let open = ends(holding: reading.time.milliseconds).filter { !isOver($0) }
    guard !open.isEmpty else {
      late += 1
      return
    }
    elements.append(reading)
    knownEnds.formUnion(ends(holding: reading.time.milliseconds))
    for end in open where watermark != .min && end <= watermark { fire(end, reading.key) }
  }

  /// The ends of windows that hold something and were not reached, in order.
  private func openEnds() -> [Int64] {
    knownEnds.filter { $0 > watermark }.sorted()
  }

  mutating func move(to instant: Int64) {
    guard instant > watermark else { return }
    let reached = openEnds().filter { $0 <= instant }
    watermark = instant
    for end in reached {
      var keys: [String] = []
      for element in inside(end) where !keys.contains(element.key) { keys.append(element.key) }
      for key in keys { fire(end, key) }
    }
  }

  private func inside(_ end: Int64) -> [Reading] {
    elements.filter { $0.time.milliseconds >= end - size && $0.time.milliseconds < end }
  }

  private mutating func fire(_ end: Int64, _ key: String) {
    let revision = revisions[end]?[key].map { $0 + 1 } ?? 0
    revisions[end, default: [:]][key] = revision
    latestFired = max(latestFired, end)
    let own = inside(end).filter { $0.key == key }
    let before = elements.filter { $0.key == key && $0.time.milliseconds < latestFired }
    firings.append(
      Firing(
        start: end - size,
        end: end,
        key: key,
        sum: own.reduce(0) { $0 + $1.value },
        count: own.count,
        total: before.reduce(0) { $0 + $1.value },
        revision: revision,
        isFinal: watermark >= end + lateness
      )
    )
  }
}
