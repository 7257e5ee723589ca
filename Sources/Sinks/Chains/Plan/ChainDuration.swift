// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// Durations as a chain spells them: `500ms`, `10s`, `5m`, `2h`, `1d`, whole numbers.
enum ChainDuration {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  /// Milliseconds, or `nil` when the text is no duration or does not fit.
  static func milliseconds(_ text: String) -> Int64? {
    let digits = text.utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard let number = Int64(String(text[..<digits.endIndex])) else { return nil }
    let name = text[digits.endIndex...]
    guard let unit = units.first(where: { $0.name == name }) else { return nil }
    let (product, overflows) = number.multipliedReportingOverflow(by: unit.milliseconds)
    return overflows ? nil : product
  }

  /// Reads a value.
  ///
  /// - Returns: Milliseconds.
  /// - Throws: ``ChainViolation`` if it is no duration, or not within the limits.
  static func read(
    _ value: JSONView,
    from least: Int64 = 1,
    limits: ChainLimits,
    stage: Int,
    field: String
  ) throws(ChainViolation) -> Int64 {
    guard let text = value.string, let duration = milliseconds(text) else {
      throw ChainViolation(
        stage: stage,
        field: field,
        "a duration is expected",
        remedy: "write a whole number and ms, s, m, h or d, such as \"500ms\""
      )
    }
    let most = limits.maximumDuration.wholeMilliseconds
    guard duration >= least, duration <= most else {
      throw ChainViolation(
        .limit,
        stage: stage,
        field: field,
        "\(text) is not allowed",
        remedy: "write a duration from \(least)ms to \(most / 1_000)s"
      )
    }
    return duration
  }
}
