// SPDX-License-Identifier: Apache-2.0
import Streams
import WeirTesting

/// An element of a test: a number with a key and an event time.
struct Reading: Equatable, Sendable {
  let key: String
  let time: Timestamp
  let value: Int
}

/// What is appended to a test's topic.
enum LogStep: Sendable {
  case readings([Reading])
  case mark(Mark)
}

extension Topic {
  /// Appends steps, one after the other, each a millisecond later.
  func append(_ steps: [LogStep], on clock: ManualClock) async throws
  where Element == Reading {
    for step in steps {
      clock.advance(to: clock.now + .milliseconds(1))
      switch step {
      case .readings(let readings): try await publish(readings)
      case .mark(let mark): self.mark(mark)
      }
    }
  }
}

/// Random logs: few keys, times that scatter around a slowly moving present, now and then a mark.
struct LogMaker {
  var random: SeededGenerator
  var spread: Int64 = 20
  /// Where the present is at the start.
  var present: Int64

  mutating func log(stepCount: Int) -> [LogStep] {
    (0..<stepCount).map { _ in step() }
  }

  private mutating func step() -> LogStep {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return .mark(.endOfInput)
    case 1:
      let instant = present - Int64.random(in: 0...spread, using: &random)
      return .mark(.watermark(Timestamp(milliseconds: instant)))
    case 2: present += Int64.random(in: 20...90, using: &random)
    default: present += Int64.random(in: 0...6, using: &random)
    }
    let count = Int.random(in: 1...4, using: &random)
    return .readings((0..<count).map { _ in reading() })
  }

  private mutating func reading() -> Reading {
    Reading(
      key: ["a", "b", "c"].randomElement(using: &random) ?? "a",
      time: Timestamp(milliseconds: present - Int64.random(in: -4...spread, using: &random)),
      value: Int.random(in: 1...9, using: &random)
    )
  }
}
