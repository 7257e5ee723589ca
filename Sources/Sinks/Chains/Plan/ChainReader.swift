// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators

/// Reads the stages of a chain one after the other.
struct ChainReader {
  let limits: ChainLimits
  /// What was read, each with the number of its stage.
  private(set) var stages: [ChainPlan.Numbered] = []
  /// A window that waits for its aggregates.
  private var window: (number: Int, window: ChainWindow)?
  /// Whether a window by event time has said how the watermark is made.
  var hasWatermark = false

  init(limits: ChainLimits) { self.limits = limits.usable }

  /// Reads all of them.
  mutating func read(_ json: JSONView) throws(ChainViolation) {
    guard json.kind == .array else {
      throw ChainViolation(
        stage: nil,
        "a list of stages is expected",
        remedy: "write [{\"filter\":\"type == 'purchase'\"}]"
      )
    }
    let elements = json.elements
    guard limits.maximumStages >= 1 else {
      throw ChainViolation(
        .limit,
        stage: nil,
        "no chains are allowed here",
        remedy: "leave pipe out, or use a token that allows them"
      )
    }
    guard elements.count >= 1, elements.count <= limits.maximumStages else {
      throw ChainViolation(
        .limit,
        stage: nil,
        "a chain has 1 to \(limits.maximumStages) stages, this has \(elements.count)",
        remedy: elements.isEmpty ? "leave pipe out" : "take some away"
      )
    }
    for (index, element) in elements.enumerated() { try readStage(element, index + 1) }
    if let window { throw missingAggregate(behind: window.number) }
  }

  private mutating func readStage(_ json: JSONView, _ number: Int) throws(ChainViolation) {
    var members: [(name: String, value: JSONView)] = []
    json.forEachMember { members.append(($0, $1)) }
    guard let (name, value) = members.first, members.count == 1 else {
      throw ChainViolation(
        stage: number,
        members.isEmpty ? "a stage is an object with one operator" : "a stage has one operator",
        remedy: "write {\"filter\":\"…\"}, and another object for the next one"
      )
    }
    if let duplicate = value.duplicateName {
      throw ChainViolation(
        stage: number,
        field: name,
        "the name \(duplicate) is there twice",
        remedy: "leave one out"
      )
    }
    if let window, name != "aggregate" { throw missingAggregate(behind: window.number) }
    if name == "window" {
      window = (number, try readWindow(value, number))
    } else if name == "aggregate" {
      let measures = try readAggregates(value, number)
      guard let waiting = window else { throw missingWindow(before: number) }
      append(.window(waiting.window, measures), waiting.number)
      window = nil
    } else {
      append(try readSimple(name, value, number), number)
    }
  }

  private mutating func append(_ stage: ChainStage, _ number: Int) {
    stages.append(ChainPlan.Numbered(number: number, stage: stage))
  }

  private func missingAggregate(behind number: Int) -> ChainViolation {
    ChainViolation(
      .order,
      stage: number,
      field: "window",
      "a window needs to know what to compute",
      remedy: "put {\"aggregate\":{\"n\":\"count\"}} right behind it"
    )
  }

  private func missingWindow(before number: Int) -> ChainViolation {
    ChainViolation(
      .order,
      stage: number,
      field: "aggregate",
      "an aggregate is computed in windows",
      remedy: "put {\"window\":{\"tumbling\":\"10s\"}} before it, or {\"window\":{\"global\":true,"
        + "\"early\":1}} for the running value"
    )
  }

  private static let operators = [
    "filter", "select", "throttle", "debounce", "sample", "latest", "window", "aggregate",
    "distinct", "limit",
  ]

  private mutating func readSimple(
    _ name: String,
    _ value: JSONView,
    _ number: Int
  ) throws(ChainViolation) -> ChainStage {
    switch name {
    case "filter": try readFilter(value, number)
    case "select": try readSelect(value, number)
    case "throttle": try readThrottle(value, number)
    case "debounce": try readDebounce(value, number)
    case "sample": try readSample(value, number)
    case "latest": try readLatest(value, number)
    case "distinct": try readDistinct(value, number)
    case "limit": try readLimit(value, number)
    default:
      throw ChainViolation(
        .unknownName,
        stage: number,
        field: name,
        "there is no such operator",
        remedy: (nearestName(to: name, among: Self.operators).map { "did you mean '\($0)'? " } ?? "")
          + "Write \(Self.operators.dropLast().joined(separator: ", ")) or \(Self.operators.last ?? "")"
      )
    }
  }

  private func readFilter(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    guard let text = value.string else {
      throw ChainViolation(
        stage: number,
        field: "filter",
        "an expression in a string is expected",
        remedy: "write {\"filter\":\"data.amount > 100\"}"
      )
    }
    do throws(FilterViolation) {
      return .filter(try EventFilter(expression: text, limits: limits.filter))
    } catch {
      throw ChainViolation(
        stage: number,
        field: "filter",
        error.placeAndProblem,
        remedy: error.remedy
      )
    }
  }
}
