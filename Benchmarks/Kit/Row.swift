// SPDX-License-Identifier: Apache-2.0

/// One measured figure, beside what it is compared with.
public struct Row: Sendable {
  /// What a ratio should be.
  public enum Goal: Sendable {
    /// At most this.
    case atMost(Double)
    /// At least this.
    case atLeast(Double)

    var text: String {
      switch self {
      case .atMost(let bound): "≤ \(shortest(bound))"
      case .atLeast(let bound): "≥ \(shortest(bound))"
      }
    }

    func isMet(by ratio: Double) -> Bool {
      switch self {
      case .atMost(let bound): ratio <= bound
      case .atLeast(let bound): ratio >= bound
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
  /// What the ratio should be, if anything.
  public var goal: Goal?

  /// Whether the goal is met; `nil` when there is none.
  public var isMet: Bool? {
    guard let goal, let ratio else { return nil }
    return goal.isMet(by: ratio)
  }

  /// The row as one JSON object on one line.
  public var json: String {
    let fields: [(String, String)] = [
      ("benchmark", quoted(benchmark)), ("measure", quoted(measure)), ("unit", quoted(unit)),
      ("value", rounded(value)), ("reference", reference.map(quoted) ?? "null"),
      ("referenceValue", referenceValue.map(rounded) ?? "null"),
      ("ratio", ratio.map(rounded) ?? "null"),
      ("goal", goal.map { quoted($0.text) } ?? "null"),
      ("met", isMet.map(String.init) ?? "null"),
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
