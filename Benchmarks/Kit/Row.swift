// SPDX-License-Identifier: Apache-2.0

/// One measured figure, beside what it is compared with.
public struct Row: Sendable {
  /// What a ratio, or a value that is compared with nothing, should be.
  public enum Goal: Sendable {
    /// At most this.
    case atMost(Double)
    /// At least this.
    case atLeast(Double)
    /// At most this, or else the row's ``Row/why`` says why.
    case explained(Double)

    var text: String {
      switch self {
      case .atMost(let bound), .explained(let bound): "≤ \(shortest(bound))"
      case .atLeast(let bound): "≥ \(shortest(bound))"
      }
    }

    func isMet(by figure: Double, explained: Bool) -> Bool {
      switch self {
      case .atMost(let bound): figure <= bound
      case .atLeast(let bound): figure >= bound
      case .explained(let bound): figure <= bound || explained
      }
    }
  }

  /// The benchmark's name.
  public var benchmark: String
  /// What was measured.
  public var measure: String
  /// The unit of both values.
  public var unit: String
  /// The median.
  public var value: Double
  /// What it is compared with, if anything.
  public var reference: String?
  /// The reference's median.
  public var referenceValue: Double?
  /// The median of each round's value divided by its reference.
  public var ratio: Double?
  /// What the ratio should be, or the value where there is none; if anything.
  public var goal: Goal?
  /// Why it costs what it costs, where that needs a reason.
  public var why: String?

  /// Makes a row.
  public init(
    benchmark: String,
    measure: String,
    unit: String,
    value: Double,
    reference: String? = nil,
    referenceValue: Double? = nil,
    ratio: Double? = nil,
    goal: Goal? = nil,
    why: String? = nil
  ) {
    self.benchmark = benchmark
    self.measure = measure
    self.unit = unit
    self.value = value
    self.reference = reference
    self.referenceValue = referenceValue
    self.ratio = ratio
    self.goal = goal
    self.why = why
  }

  /// Whether the goal is met; `nil` when there is none.
  public var isMet: Bool? {
    goal?.isMet(by: ratio ?? value, explained: why != nil)
  }

  /// The row as one JSON object on one line.
  public var json: String {
    let fields: [(String, String)] = [
      ("benchmark", quoted(benchmark)), ("measure", quoted(measure)), ("unit", quoted(unit)),
      ("value", rounded(value)), ("reference", reference.map(quoted) ?? "null"),
      ("referenceValue", referenceValue.map(rounded) ?? "null"),
      ("ratio", ratio.map(rounded) ?? "null"),
      ("goal", goal.map { quoted($0.text) } ?? "null"),
      ("met", isMet.map(String.init) ?? "null"), ("why", why.map(quoted) ?? "null"),
    ]
    return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }

  /// The row as a line for people.
  public var text: String {
    var text = "  \(measure): \(rounded(value)) \(unit)"
    if let reference, let referenceValue, let ratio {
      text += ", \(rounded(ratio)) × \(reference) (\(rounded(referenceValue)))"
    }
    if let goal, let isMet { text += ", goal \(goal.text): \(isMet ? "met" : "MISSED")" }
    if let why { text += " (\(why))" }
    return text
  }
}

/// A JSON string; the benchmarks' own texts hold no control characters.
private func quoted(_ text: String) -> String {
  let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }
  return "\"\(escaped.joined())\""
}

/// Four digits that count: what a measurement on a shared machine can bear.
private func rounded(_ value: Double) -> String {
  var scale = 1.0
  while abs(value) * scale < 1_000, scale < 1e6 { scale *= 10 }
  return shortest((value * scale).rounded() / scale)
}

private func shortest(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
}
