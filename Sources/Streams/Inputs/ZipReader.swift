// SPDX-License-Identifier: Apache-2.0

/// Reads two inputs as pairs; see ``ZippedSource``.
///
/// What comes out, and in which order, is a function of the two inputs: a pair waits for both sides;
/// a mark or an end comes when everything before it on its side was paired, by instant and side.
final class ZipReader<Left: Sendable, Right: Sendable, Element: Sendable>: FlowReader {
  private let combine: @Sendable (Left, Right) -> Element
  private let left: ZipSide<Left>
  private let right: ZipSide<Right>
  private let sides: [any ZipLane]
  private var aligner = WatermarkAligner(count: 2)
  private var isAtEndOfInput = [false, false]
  private var pairs = OutputBatch<Element>()
  private var blocked: SideWrite?
  private var failure: (any Error)?
  private var isOver = false
  private var hasToldEnd = false

  init(_ source: ZippedSource<Left, Right, Element>) {
    left = ZipSide(source.left)
    right = ZipSide(source.right)
    sides = [left, right]
    combine = source.combine
  }

  var clock: any EngineClock { left.clock }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    while pairs.outputs.count < limit, pairs.notes.count < limit, !isOver, blocked == nil {
      if let first = left.run, let second = right.run {
        pair(first, second, limit)
      } else if let side = try nextSide(limit) {
        pairs.move(to: sides[side].lane.instant)
        take(sides[side].takeRow(), of: side)
      } else if try !readAll(limit, until: deadline) {
        break
      }
    }
    return try answer(deadline)
  }

  private func answer(_ deadline: Timestamp) throws -> Poll<Element> {
    if !pairs.isEmpty { return .batch(pairs.take()) }
    if let failure { throw failure }
    if let write = blocked.take() { return .wait(write) }
    if !isOver {
      guard deadline < .never, isSilent(through: deadline) else { return .empty }
      return .batch(Batch(silentThrough: deadline))
    }
    guard deadline < pairs.now, !hasToldEnd else { return .end }
    hasToldEnd = true
    return .batch(Batch(silentThrough: pairs.now.advanced(byMilliseconds: -1)))
  }

  /// When one of the two has ended and nothing of it was left.
  var endInstant: Timestamp? { pairs.now > .distantPast ? pairs.now : nil }

  // MARK: Pairs

  private func pair(_ first: Run<Left>, _ second: Run<Right>, _ limit: Int) {
    let count = min(first.count, second.count, limit - pairs.outputs.count)
    pairs.move(to: max(left.lane.instant, right.lane.instant))
    isAtEndOfInput = [false, false]
    for index in 0..<count { pairs.append(combine(first[index], second[index])) }
    left.take(count, of: first)
    right.take(count, of: second)
  }

  // MARK: What stands between pairs

  /// The side whose mark, gap or end comes next; `nil` while that is not known.
  private func nextSide(_ limit: Int) throws -> Int? {
    for side in 0...1 where sides[side].isWaiting {
      let other = sides[1 - side]
      return other.lane.isKnown && !other.isWaiting ? 1 - side : nil
    }
    let side = comesSecondFirst ? 1 : 0
    let (own, other) = (sides[side], sides[1 - side])
    guard own.lane.isKnown, !other.lane.isKnown else { return own.lane.isKnown ? side : nil }
    // An end comes before all else of its instant: so it need not wait for that to be over.
    let bound = own.lane.instant.advanced(byMilliseconds: own.isEnding ? -1 : 0)
    if other.lane.silentThrough >= bound { return side }
    if try read(1 - side, limit, until: bound) { return try nextSide(limit) }
    return other.lane.silentThrough >= bound ? side : nil
  }

  /// Whether what the second side says comes before what the first says.
  private var comesSecondFirst: Bool {
    let (first, second) = (sides[0].lane.instant, sides[1].lane.instant)
    return second < first || second == first && sides[1].isEnding && !sides[0].isEnding
  }

  /// Reads the sides of which nothing is known; answers whether something is known now.
  private func readAll(_ limit: Int, until deadline: Timestamp) throws -> Bool {
    var isNews = false
    for side in 0...1 where !sides[side].lane.isKnown && blocked == nil {
      if try read(side, limit, until: deadline) { isNews = true }
    }
    return isNews
  }

  /// Reads on; answers whether something is known to come next.
  private func read(_ side: Int, _ limit: Int, until target: Timestamp) throws -> Bool {
    blocked = try sides[side].read(limit: limit, until: target)
    return sides[side].lane.isKnown
  }

  private func take(_ row: ZipRow, of side: Int) {
    switch row {
    case .gap(let gap):
      pairs.note(.gap(gap))
    case .mark(.watermark(let instant)):
      guard let watermark = aligner.take(instant, from: side) else { return }
      pairs.note(.mark(.watermark(watermark), appended: pairs.now))
    case .mark(.endOfInput):
      isAtEndOfInput[side] = true
      guard isAtEndOfInput == [true, true] else { return }
      pairs.note(.mark(.endOfInput, appended: pairs.now))
    case .end(let error):
      failure = error
      isOver = true
    }
  }

  /// Whether nothing comes out at or before an instant.
  private func isSilent(through instant: Timestamp) -> Bool {
    sides.allSatisfy { side in
      let lane = side.lane
      return lane.isKnown ? side.isWaiting || lane.instant > instant : lane.silentThrough >= instant
    }
  }
}

// MARK: Waiting
extension ZipReader {
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    var requests: [WakeRequest] = []
    for side in sides where !side.lane.isKnown {
      guard let request = side.notify(wake) else {
        for request in requests { request.cancel() }
        return nil
      }
      requests.append(request)
    }
    return WakeRequest { [requests] in for request in requests { request.cancel() } }
  }

  var wakeTime: Timestamp {
    var time = Timestamp.never
    for side in sides {
      time = min(time, side.lane.isKnown ? .never : side.wakeTime)
      if side.lane.instant > clock.now { time = min(time, side.lane.instant) }
    }
    return time
  }

  var promisesSilence: Bool { sides.allSatisfy { $0.lane.isKnown || $0.promisesSilence } }

  var isWorking: Bool { sides.contains { $0.isWorking } }

  var plan: FlowPlan? { FlowPlan("zip", inputs: sides.map(\.plan)) }

  func pause() {
    for side in sides { side.pause() }
  }
}

// MARK: Checkpoints
extension ZipReader {
  /// Whether both sides have a place, and nothing waits to be handed out, written or told.
  var isAtPlace: Bool {
    pairs.isEmpty && blocked == nil && failure == nil && !isOver && sides.allSatisfy(\.isAtPlace)
  }

  /// Writes down the place of both sides, and what waits of one for the other.
  func encodePlace(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("zip") { encoder throws(StateError) in
      try pairs.encode(into: &encoder)
      try encoder.encode(isAtEndOfInput)
      try aligner.encode(into: &encoder)
      for side in sides { try side.encodePlace(into: &encoder) }
    }
  }

  func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    var isThere = true
    try decoder.section("zip") { decoder, _ throws(StateError) in
      try pairs.restore(from: &decoder)
      let index = decoder.index
      isAtEndOfInput = try [Bool](from: &decoder)
      guard isAtEndOfInput.count == 2 else { throw .malformed(at: index, expected: "two sides") }
      try aligner.restore(from: &decoder)
      for side in sides where try !side.restorePlace(from: &decoder) { isThere = false }
    }
    return isThere
  }
}
