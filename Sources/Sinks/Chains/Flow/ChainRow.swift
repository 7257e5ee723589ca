// SPDX-License-Identifier: Apache-2.0
import Streams

/// What goes from stage to stage: an event, when it was appended, and what later stages read of it.
struct ChainRow: Sendable {
  var event: Event
  var appended: Timestamp
  var fields = ChainFields()

  init(_ event: Event, appended: Timestamp) {
    self.event = event
    self.appended = appended
  }

  /// The event's time, or else when it was appended.
  var time: Timestamp { event.time ?? appended }
}

/// Values that were read of an event, by number; the first few without a list around them.
struct ChainFields: Sendable {
  private var first = ChainValue.missing
  private var second = ChainValue.missing
  private var third = ChainValue.missing
  private var fourth = ChainValue.missing
  private var others: [ChainValue] = []

  /// How many are kept without a list: a key for each of two stages, and two numbers.
  static let inlineCount = 4

  subscript(_ number: Int) -> ChainValue {
    get {
      switch number {
      case 0: first
      case 1: second
      case 2: third
      case 3: fourth
      default: others[number - Self.inlineCount]
      }
    }
    set {
      switch number {
      case 0: first = newValue
      case 1: second = newValue
      case 2: third = newValue
      case 3: fourth = newValue
      default: others[number - Self.inlineCount] = newValue
      }
    }
  }

  /// Makes room for values beyond those that need none.
  mutating func reserve(_ count: Int) {
    guard count > Self.inlineCount else { return }
    others = Array(repeating: .missing, count: count - Self.inlineCount)
  }
}
