// SPDX-License-Identifier: Apache-2.0

/// Says when events are due, so that a recording is played at a multiple of its own speed.
///
/// An event is due at the newest time seen so far: one that is late in the recording goes at once.
struct Pacer: Equatable {
  /// How fast to go.
  enum Speed: Equatable {
    /// As fast as the server takes it.
    case maximum
    /// So many times the recording's own speed.
    case times(Double)
  }

  /// The factors that are allowed: a minute becomes most of a day, or a year half a minute.
  static let factors = 0.001...1_000_000

  private let speed: Speed
  private var first: Int64?
  private var newest: Int64 = .min

  /// Starts with the first event that comes.
  init(_ speed: Speed) { self.speed = speed }

  /// Whether events have to wait at all.
  var isPacing: Bool { speed != .maximum }

  /// When an event is due, from the start on.
  ///
  /// - Parameter time: The event's own time, in milliseconds.
  /// - Returns: The time since the first event was due.
  mutating func due(_ time: Int64) -> Duration {
    guard case .times(let factor) = speed else { return .zero }
    let first = first ?? time
    self.first = first
    newest = max(newest, time)
    return .milliseconds(Double(newest) - Double(first)) / factor
  }
}

extension Pacer.Speed {
  /// Reads `max`, or a number with an `x` such as `60x`.
  init(argument text: String) throws(CommandFailure) {
    if text == "max" {
      self = .maximum
    } else if text.hasSuffix("x"), let factor = Double(text.dropLast()), factor > 0 {
      guard Pacer.factors.contains(factor) else {
        throw .misuse(
          "--speed does not take '\(text)'",
          remedy: "write a multiple from 0.001x to 1000000x, or max"
        )
      }
      self = .times(factor)
    } else {
      throw .misuse(
        "--speed does not take '\(text)'",
        remedy: "write max, or a multiple of the recorded speed such as 1x, 60x or 0.5x"
      )
    }
  }
}
