// SPDX-License-Identifier: Apache-2.0
import Codecs

extension ChainReader {
  /// Members that the results of windows have.
  static let reserved = ["start", "end", "key", "revision", "isFinal", "replaces"]

  func readAggregates(
    _ value: JSONView,
    _ number: Int
  ) throws(ChainViolation) -> [ChainMeasure] {
    let example = "{\"aggregate\":{\"n\":\"count\",\"mean\":{\"mean\":\"data.ms\"}}}"
    let members = try ChainMembers(value, stage: number, path: "aggregate", example: example)
    let names = members.unknown
    guard 1...limits.maximumAggregates ~= names.count else {
      throw ChainViolation(
        .limit,
        stage: number,
        field: "aggregate",
        "1 to \(limits.maximumAggregates) aggregates can be computed, not \(names.count)",
        remedy: "write \(example)"
      )
    }
    var measures: [ChainMeasure] = []
    for name in names {
      guard !Self.reserved.contains(name) else {
        throw members.violation(name, "each result has a member of that name", remedy: "rename it")
      }
      guard let value = value[name] else { continue }
      measures.append(try readMeasure(name, value, members))
    }
    // They come out in this order, so that the order in which they were written is of no matter.
    return measures.sorted { String.bytesPrecede($0.name, $1.name) }
  }

  private func readMeasure(
    _ name: String,
    _ value: JSONView,
    _ members: ChainMembers
  ) throws(ChainViolation) -> ChainMeasure {
    if value.string == "count" { return ChainMeasure(name: name, kind: .count, field: nil) }
    var parts: [(name: String, value: JSONView)] = []
    value.forEachMember { parts.append(($0, $1)) }
    guard let part = parts.first, parts.count == 1 else {
      throw members.violation(
        name,
        "one aggregate is expected",
        remedy: "write \"count\", {\"sum\":\"data.ms\"} or {\"quantile\":[0.99,\"data.ms\"]}"
      )
    }
    let place = ChainMembersPlace(
      stage: members.stage,
      field: "\(members.field(name)).\(part.name)"
    )
    let simple: [String: ChainMeasure.Kind] = [
      "count": .count, "sum": .sum, "mean": .mean, "min": .min, "max": .max,
      "variance": .variance, "deviation": .deviation, "first": .first, "last": .last,
      "earliest": .earliest, "latest": .latest, "approximateDistinct": .approximateDistinct,
    ]
    if let kind = simple[part.name] {
      return ChainMeasure(name: name, kind: kind, field: try self.place(part.value, place))
    }
    let (kind, field) = try readPair(part.name, part.value, place)
    return ChainMeasure(name: name, kind: kind, field: field)
  }

  private func place(
    _ value: JSONView,
    _ at: ChainMembersPlace
  ) throws(ChainViolation) -> ChainField {
    try ChainMembers.place(value, limits: limits, stage: at.stage, field: at.field)
  }

  /// An aggregate with a number or numbers, and what it is of.
  private func readPair(
    _ name: String,
    _ value: JSONView,
    _ at: ChainMembersPlace
  ) throws(ChainViolation) -> (ChainMeasure.Kind, ChainField) {
    let most = limits.maximumValues
    if value.kind == .string, let kind = Self.standard(name, most: most) {
      return (kind, try place(value, at))
    }
    let parts = value.elements
    guard ["quantile", "distinct", "topk", "heavyHitters", "histogram", "collect"].contains(name)
    else {
      throw ChainViolation(
        .unknownName,
        stage: at.stage,
        field: at.field,
        "there is no such aggregate",
        remedy: "write count, sum, mean, min, max, variance, deviation, first, last, earliest, "
          + "latest, quantile, distinct, approximateDistinct, topk, heavyHitters, histogram or collect"
      )
    }
    guard parts.count == 2 else { throw at.violation(name) }
    let field = try place(parts[1], at)
    switch name {
    case "quantile": return (try quantile(parts[0], at), field)
    case "histogram": return (.histogram(try boundaries(parts[0], at)), field)
    case "distinct": return (.distinct(upTo: try number(parts[0], name, most, at)), field)
    case "collect": return (.collect(upTo: try number(parts[0], name, most, at)), field)
    case "topk":
      return (.topk(try number(parts[0], name, min(100, most), at), upTo: most), field)
    default:
      let count = try number(parts[0], name, min(100, most), at)
      return (.heavyHitters(count, entries: min(most, max(100, 10 * count))), field)
    }
  }

  private static func standard(_ name: String, most: Int) -> ChainMeasure.Kind? {
    switch name {
    case "distinct": .distinct(upTo: most)
    case "collect": .collect(upTo: min(100, most))
    case "topk": .topk(min(10, most), upTo: most)
    case "heavyHitters": .heavyHitters(min(10, most), entries: min(100, most))
    default: nil
    }
  }

  private func number(
    _ value: JSONView,
    _ name: String,
    _ most: Int,
    _ at: ChainMembersPlace
  ) throws(ChainViolation) -> Int {
    guard let number = value.int else { throw at.violation(name) }
    guard 1...most ~= number else {
      throw ChainViolation(
        .limit,
        stage: at.stage,
        field: at.field,
        "\(number) is not allowed",
        remedy: "write a number from 1 to \(most)"
      )
    }
    return number
  }

  private func quantile(
    _ value: JSONView,
    _ at: ChainMembersPlace
  ) throws(ChainViolation) -> ChainMeasure.Kind {
    let isList = value.kind == .array
    let values = isList ? value.elements : [value]
    let fractions = values.compactMap(\.double)
    guard fractions.count == values.count, 1...16 ~= fractions.count,
      fractions.allSatisfy({ 0...1 ~= $0 })
    else { throw at.violation("quantile") }
    return .quantile(fractions, isList: isList)
  }

  private func boundaries(
    _ value: JSONView,
    _ at: ChainMembersPlace
  ) throws(ChainViolation) -> [Double] {
    let values = value.elements
    let boundaries = values.compactMap(\.double)
    guard boundaries.count == values.count, 1...100 ~= boundaries.count,
      zip(boundaries, boundaries.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw at.violation("histogram") }
    return boundaries
  }
}

/// Where an aggregate stands.
struct ChainMembersPlace {
  let stage: Int
  let field: String

  /// What an aggregate with numbers looks like.
  func violation(_ name: String) -> ChainViolation {
    let example =
      switch name {
      case "quantile": "[0.99,\"data.ms\"] or [[0.5,0.99],\"data.ms\"], with numbers from 0 to 1"
      case "histogram": "[[1,10,100],\"data.ms\"], with at most 100 ascending numbers"
      default: "[10,\"data.path\"]"
      }
    return ChainViolation(
      stage: stage,
      field: field,
      "a list of numbers and a path is expected",
      remedy: "write {\"\(name)\":\(example)}"
    )
  }
}
