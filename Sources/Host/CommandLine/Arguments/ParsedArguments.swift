// SPDX-License-Identifier: Apache-2.0

/// The arguments of a command, checked against its usage.
public struct ParsedArguments: Equatable, Sendable {
  /// The arguments by place, as many as the usage has, but for a last optional one.
  public internal(set) var positionals: [String] = []
  /// The values of each option by its name, in order; flags have an empty one.
  var values: [String: [String]] = [:]

  /// The value of an option, `nil` when it was not given.
  public subscript(_ option: String) -> String? { values[option]?.last }

  /// All values of an option that may be repeated, in order.
  public func all(_ option: String) -> [String] { values[option] ?? [] }

  /// Whether a flag or an option was given.
  public func has(_ option: String) -> Bool { values[option] != nil }

  /// The value of an option as a whole number in a range, or `nil` when it was not given.
  ///
  /// - Parameters:
  ///   - option: The option's name.
  ///   - range: The numbers that mean something.
  /// - Returns: The number.
  /// - Throws: ``CommandFailure`` for anything else.
  public func number(
    _ option: String,
    in range: ClosedRange<UInt64>
  ) throws(CommandFailure) -> UInt64? {
    guard let text = self[option] else { return nil }
    guard let number = UInt64(text), range.contains(number), !text.hasPrefix("+") else {
      let upper = range.upperBound == .max ? "on" : "to \(range.upperBound)"
      throw .misuse(
        "--\(option) does not take '\(text)'",
        remedy: "give a whole number from \(range.lowerBound) \(upper)"
      )
    }
    return number
  }
}
