// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators

// Operators that hold something for a key and a while.
extension ChainReader {
  func readThrottle(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    var (members, interval) = try timed(value, number, "throttle", "every")
    let keeping = try members.word(
      "keep",
      [("latest", ThrottleKeeping.latest), ("leading", .first), ("both", .both)]
    )
    let pace = try pace(interval, &members)
    try members.finish(known: "every, by, keep, keys, beyond")
    return .throttle(pace, keeping: keeping ?? .latest)
  }

  func readDebounce(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    var (members, interval) = try timed(value, number, "debounce", "for")
    let maximumWait = try members.duration("maxWait", from: interval, limits: limits)
    let pace = try pace(interval, &members)
    try members.finish(known: "for, maxWait, by, keys, beyond")
    return .debounce(pace, maximumWait: maximumWait)
  }

  func readSample(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    var (members, interval) = try timed(value, number, "sample", "every")
    let pace = try pace(interval, &members)
    try members.finish(known: "every, by, keys, beyond")
    return .sample(pace)
  }

  func readLatest(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    var members = try ChainMembers(
      value,
      stage: number,
      path: "latest",
      example: "{\"latest\":{\"by\":\"data.job\"}}"
    )
    let key = try required(&members, "by")
    let interval = try members.duration("every", limits: limits)
    let keys = try keys(&members)
    try members.finish(known: "by, every, keys, beyond")
    return .latest(ChainLatest(key: key, interval: interval, keys: keys))
  }

  func readDistinct(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    if value.kind == .string {
      let key = try ChainMembers.place(value, limits: limits, stage: number, field: "distinct")
      return .distinct(ChainDistinct(key: key, interval: nil, keys: 0))
    }
    var members = try ChainMembers(
      value,
      stage: number,
      path: "distinct",
      example: "{\"distinct\":{\"by\":\"data.id\",\"within\":\"10m\"}}"
    )
    let key = try required(&members, "by")
    let interval = try members.duration("within", limits: limits)
    let count = try members.int("keys", 1...limits.maximumKeys)
    try members.finish(known: "by, within, keys")
    return .distinct(ChainDistinct(key: key, interval: interval, keys: count ?? 0))
  }

  func readLimit(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    let greatest = 1_000_000_000
    if let count = value.int {
      guard 1...greatest ~= count else {
        throw ChainViolation(
          .limit,
          stage: number,
          field: "limit",
          "\(count) is not allowed",
          remedy: "write a number from 1 to \(greatest)"
        )
      }
      return .limit(count)
    }
    var members = try ChainMembers(
      value,
      stage: number,
      path: "limit",
      example: "{\"limit\":100}, or {\"limit\":{\"count\":10,\"every\":\"1s\"}}"
    )
    guard let count = try members.int("count", 1...greatest) else {
      throw members.violation("count", "a number is missing", remedy: "write {\"limit\":100}")
    }
    guard let interval = try members.duration("every", limits: limits) else {
      try members.finish(known: "count, every, by, keys, beyond")
      return .limit(count)
    }
    guard count <= ChainReader.maximumRate else {
      throw members.violation(
        .limit,
        "count",
        "\(count) in an interval are not allowed",
        remedy: "write a number from 1 to \(ChainReader.maximumRate)"
      )
    }
    let pace = try pace(interval, &members)
    try members.finish(known: "count, every, by, keys, beyond")
    return .rate(ChainRate(count: count, pace: pace))
  }

  /// The most events that pass in an interval; far from where a bucket's arithmetic ends.
  static let maximumRate = 1_000_000

  /// A stage that is a duration, or an object with one.
  private func timed(
    _ value: JSONView,
    _ number: Int,
    _ name: String,
    _ field: String
  ) throws(ChainViolation) -> (ChainMembers, Int64) {
    if value.kind == .string {
      let interval = try ChainDuration.read(value, limits: limits, stage: number, field: name)
      let nothing = JSONView(validated: Array("{}".utf8), range: 0..<2)
      return (try ChainMembers(nothing, stage: number, path: name, example: ""), interval)
    }
    let example = "{\"\(name)\":{\"\(field)\":\"500ms\"}}"
    var members = try ChainMembers(value, stage: number, path: name, example: example)
    guard let interval = try members.duration(field, limits: limits) else {
      throw members.violation(field, "a duration is missing", remedy: "write \(example)")
    }
    return (members, interval)
  }

  private func required(
    _ members: inout ChainMembers,
    _ name: String
  ) throws(ChainViolation) -> ChainField {
    guard let place = try members.place(name, limits: limits) else {
      throw members.violation(name, "a path is missing", remedy: "write \"\(name)\":\"data.id\"")
    }
    return place
  }

  /// An interval with the keys that it is kept for; one where there is no `by`.
  private func pace(
    _ interval: Int64,
    _ members: inout ChainMembers
  ) throws(ChainViolation) -> ChainPace {
    let key = try members.place("by", limits: limits)
    guard key != nil else {
      // Said of nothing, they would be ignored.
      for name in ["keys", "beyond"] where members.take(name) != nil {
        throw members.violation(
          .order,
          name,
          "there are no keys",
          remedy: "write by, or leave it out"
        )
      }
      let keys = ChainKeys(count: 1, overflow: .release)
      return ChainPace(interval: interval, key: nil, keys: keys)
    }
    return ChainPace(interval: interval, key: key, keys: try keys(&members))
  }

  /// How many keys; 0 stands for as many as there is room for.
  func keys(
    _ members: inout ChainMembers,
    or overflow: ChainOverflow = .release
  ) throws(ChainViolation) -> ChainKeys {
    let count = try members.int("keys", 1...limits.maximumKeys)
    let beyond = try members.word(
      "beyond",
      [("release", ChainOverflow.release), ("refuse", .refuse)]
    )
    return ChainKeys(count: count ?? 0, overflow: beyond ?? overflow)
  }
}
