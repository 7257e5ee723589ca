// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

/// What goes into an operator with two inputs, step by step.
enum InputStep<Left: Sendable, Right: Sendable>: Sendable {
  case left(Left)
  case right(Right)
  case watermark(Timestamp)
}

/// What comes out of an operator when it is driven by hand, at most `room` outputs at once.
///
/// At the step `cut` its state is written down, and a fresh copy goes on from there.
func run<Chain: Operator, Left, Right>(
  _ chain: Chain,
  _ steps: [InputStep<Left, Right>],
  room: Int = 256,
  cut: Int? = nil,
  finishing: Bool = true
) throws -> (outputs: [Chain.Output], chain: Chain) where Chain.Input == Either<Left, Right> {
  var (state, outputs) = (chain, [Chain.Output]())
  func drain() {
    while state.isPending {
      let before = outputs.count
      state.resume(at: 0, room: room) { outputs.append($0) }
      #expect(outputs.count - before <= room)
    }
  }
  for (index, step) in steps.enumerated() {
    switch step {
    case .left(let element): state.receive(.left(element), at: 0) { outputs.append($0) }
    case .right(let element): state.receive(.right(element), at: 0) { outputs.append($0) }
    case .watermark(let watermark):
      if watermark >= state.nextWatermark {
        state.advance(to: watermark, at: 0) { outputs.append($0) }
      }
    }
    if index == cut {
      var encoder = StateEncoder()
      try state.encode(into: &encoder)
      state = chain
      var decoder = StateDecoder(encoder.bytes)
      try state.restore(from: &decoder)
      #expect(decoder.remaining == 0)
    }
    drain()
  }
  guard finishing else { return (outputs, state) }
  state.advance(to: .never, at: 0) { outputs.append($0) }
  drain()
  state.finish(at: 0) { outputs.append($0) }
  drain()
  return (outputs, state)
}

/// Random steps: two inputs with few keys whose times scatter around a slowly moving present, and
/// watermarks behind it.
struct InputMaker {
  var random: SeededGenerator
  var spread: Int64 = 20
  var present: Int64 = 0
  private var watermark = Timestamp.distantPast
  private var value = 0

  init(_ seed: Int) {
    random = SeededGenerator(seed)
  }

  mutating func steps(_ count: Int) -> [InputStep<Reading, Reading>] {
    (0..<count).map { _ in step() }
  }

  private mutating func step() -> InputStep<Reading, Reading> {
    present += Int64.random(in: 0...4, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let late = Int64.random(in: 0...spread, using: &random)
      watermark = max(watermark, Timestamp(milliseconds: present - late))
      return .watermark(watermark)
    case 1...3: return .left(reading())
    default: return .right(reading())
    }
  }

  private mutating func reading() -> Reading {
    value += 1
    return Reading(
      key: ["a", "b", "c"].randomElement(using: &random) ?? "a",
      time: Timestamp(milliseconds: present - Int64.random(in: 0...spread, using: &random)),
      value: value
    )
  }
}

extension Reading: Codable {
  enum CodingKeys: CodingKey { case key, time, value }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      key: try container.decode(String.self, forKey: .key),
      time: Timestamp(milliseconds: try container.decode(Int64.self, forKey: .time)),
      value: try container.decode(Int.self, forKey: .value)
    )
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(key, forKey: .key)
    try container.encode(time.milliseconds, forKey: .time)
    try container.encode(value, forKey: .value)
  }
}
