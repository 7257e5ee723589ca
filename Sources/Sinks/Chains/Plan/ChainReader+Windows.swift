// SPDX-License-Identifier: Apache-2.0
import Codecs

extension ChainReader {
  private static let known =
    "tumbling, sliding, session, count or global, and by, at, lateness, early, disorder, silence, "
    + "keys, beyond"

  mutating func readWindow(
    _ value: JSONView,
    _ number: Int
  ) throws(ChainViolation) -> ChainWindow {
    var members = try ChainMembers(
      value,
      stage: number,
      path: "window",
      example: "{\"window\":{\"tumbling\":\"10s\"}}"
    )
    let kind = try readKind(&members)
    let key = try members.place("by", limits: limits)
    let isByEventTime =
      try members.word("at", [("time", true), ("appended", false)]) ?? false
    let lateness = try members.duration("lateness", from: 0, limits: limits)
    let early = try readEarly(&members)
    let disorder = try members.duration("disorder", from: 0, limits: limits)
    let silence = try members.duration("silence", limits: limits)
    let keys = try keys(&members, or: .refuse)
    try members.finish(known: Self.known)
    let window = ChainWindow(
      kind: kind,
      key: key,
      isByEventTime: isByEventTime,
      lateness: lateness ?? 0,
      early: early,
      keys: keys,
      disorder: disorder ?? 1_000,
      silence: silence
    )
    try check(window, members, says: (lateness != nil, disorder != nil || silence != nil))
    return window
  }

  private func readKind(
    _ members: inout ChainMembers
  ) throws(ChainViolation) -> ChainWindow.Kind {
    var kinds: [ChainWindow.Kind] = []
    if let size = try members.duration("tumbling", limits: limits) { kinds.append(.tumbling(size)) }
    if let value = members.take("sliding") { kinds.append(try sliding(value, members)) }
    if let value = members.take("session") { kinds.append(try session(value, members)) }
    if let value = members.take("count") { kinds.append(try count(value, members)) }
    if let value = members.take("global") {
      guard value.bool == true else {
        throw members.violation(
          "global",
          "only true is expected",
          remedy: "write true, or leave it out"
        )
      }
      kinds.append(.global)
    }
    guard let kind = kinds.first, kinds.count == 1 else {
      throw ChainViolation(
        stage: members.stage,
        field: members.path,
        kinds.isEmpty ? "which windows there are is missing" : "windows are of one kind",
        remedy: "write one of tumbling, sliding, session, count and global"
      )
    }
    return kind
  }

  private func sliding(
    _ value: JSONView,
    _ outer: ChainMembers
  ) throws(ChainViolation) -> ChainWindow.Kind {
    let example = "{\"sliding\":{\"size\":\"1m\",\"every\":\"10s\"}}"
    var members = try ChainMembers(
      value,
      stage: outer.stage,
      path: outer.field("sliding"),
      example: example
    )
    let size = try members.duration("size", limits: limits)
    let every = try members.duration("every", limits: limits)
    try members.finish(known: "size, every")
    guard let size, let every else {
      let name = size == nil ? "size" : "every"
      throw members.violation(name, "a duration is missing", remedy: "write \(example)")
    }
    guard every <= size else {
      throw members.violation("every", "it is longer than the size", remedy: "write a shorter one")
    }
    guard size / every <= limits.maximumOverlap else {
      throw members.violation(
        .limit,
        "every",
        "an element would be in more than \(limits.maximumOverlap) windows",
        remedy: "write a longer one"
      )
    }
    return .sliding(size: size, every: every)
  }

  private func session(
    _ value: JSONView,
    _ outer: ChainMembers
  ) throws(ChainViolation) -> ChainWindow.Kind {
    let field = outer.field("session")
    if value.kind == .string {
      let gap = try ChainDuration.read(value, limits: limits, stage: outer.stage, field: field)
      return .session(gap: gap)
    }
    let example = "{\"session\":{\"gap\":\"30s\"}}"
    var members = try ChainMembers(value, stage: outer.stage, path: field, example: example)
    guard let gap = try members.duration("gap", limits: limits) else {
      throw members.violation("gap", "a duration is missing", remedy: "write \(example)")
    }
    try members.finish(known: "gap")
    return .session(gap: gap)
  }

  private func count(
    _ value: JSONView,
    _ outer: ChainMembers
  ) throws(ChainViolation) -> ChainWindow.Kind {
    var outer = outer
    if value.kind == .number {
      let size = try outer.int("count", 1...limits.maximumCount) ?? 1
      return .count(size, every: size)
    }
    let example = "{\"count\":{\"size\":10,\"every\":1}}"
    var members = try ChainMembers(
      value,
      stage: outer.stage,
      path: outer.field("count"),
      example: example
    )
    guard let size = try members.int("size", 1...limits.maximumCount) else {
      throw members.violation("size", "a number is missing", remedy: "write \(example)")
    }
    let every = try members.int("every", 1...size) ?? size
    try members.finish(known: "size, every")
    return .count(size, every: every)
  }

  private func readEarly(
    _ members: inout ChainMembers
  ) throws(ChainViolation) -> ChainWindow.Early? {
    guard let value = members.take("early") else { return nil }
    if value.kind == .number {
      return try members.int("early", 1...1_000_000).map { .count($0) }
    }
    // Each tick may tell of every key.
    return .every(
      try ChainDuration.read(
        value,
        from: 100,
        limits: limits,
        stage: members.stage,
        field: members.field("early")
      )
    )
  }

  /// Refuses what would be ignored, and windows that would never fire.
  private mutating func check(
    _ window: ChainWindow,
    _ members: ChainMembers,
    says: (lateness: Bool, watermark: Bool)
  ) throws(ChainViolation) {
    var fires = true
    switch window.kind {
    case .count:
      fires = false
      if window.early != nil {
        throw members.violation(
          .order,
          "early",
          "a window by number fires when it is full",
          remedy: "write a smaller count, or leave it out"
        )
      }
    case .global:
      fires = false
      if window.isByEventTime {
        throw members.violation(.order, "at", "it has no end", remedy: "leave it out")
      }
      if window.early == nil {
        throw members.violation(
          .order,
          "early",
          "the window would never fire",
          remedy: "write \"early\":1 for each event, or \"early\":\"1s\""
        )
      }
    case .tumbling, .sliding, .session: break
    }
    let isTimed = window.isByEventTime && fires
    if says.lateness, !isTimed {
      throw members.violation(
        .order,
        "lateness",
        "nothing is late here",
        remedy: "write \"at\":\"time\", or leave it out"
      )
    }
    if says.watermark, !isTimed || hasWatermark {
      throw members.violation(
        .order,
        "disorder or silence",
        isTimed ? "an earlier window has said it" : "nothing waits for event times here",
        remedy: "say it once, in the first window with \"at\":\"time\""
      )
    }
    if isTimed { hasWatermark = true }
  }
}
