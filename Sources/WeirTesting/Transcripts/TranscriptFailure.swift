// SPDX-License-Identifier: Apache-2.0

/// A line of a transcript that does not hold, or that can't be read.
public struct TranscriptFailure: Error, Hashable, CustomStringConvertible {
  /// The number of the line, from 1 on; the one behind the last when the end does not hold.
  public let line: Int
  /// The line.
  public let text: String
  /// What was expected there.
  public let expected: String
  /// What was found.
  public let found: String
  /// The seed with which it does not hold; `nil` when the line can't be read.
  public internal(set) var seed: UInt64?

  /// The line, what was expected and what was found.
  public var description: String {
    let place = text.isEmpty ? "line \(line)" : "line \(line) `\(text)`"
    let order = seed.map { " (seed \($0))" } ?? ""
    return "\(place): expected \(expected), found \(found)\(order)"
  }
}
