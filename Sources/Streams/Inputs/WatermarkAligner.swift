// SPDX-License-Identifier: Apache-2.0

/// The watermark of several inputs: the least of those that are waited for.
///
/// An input that is idle is not waited for; when it speaks again it counts once its watermark has
/// reached the one that was given out. While all are idle the watermark stays.
struct WatermarkAligner {
  private struct Input {
    var watermark = Timestamp.distantPast
    var isIdle = false
    var isAligned = true
  }

  private var inputs: [Input]
  /// What was given out: it never goes back.
  private(set) var watermark = Timestamp.distantPast

  init(count: Int) {
    inputs = Array(repeating: Input(), count: count)
  }

  /// Whether nobody is waited for.
  var isIdle: Bool { inputs.allSatisfy(\.isIdle) }

  /// Whether the input is waited for, or would be if it had caught up.
  func isIdle(_ index: Int) -> Bool { inputs[index].isIdle }

  /// Takes an input's watermark; answers the new one of all if it has moved.
  mutating func take(_ watermark: Timestamp, from index: Int) -> Timestamp? {
    guard !inputs[index].isIdle, watermark > inputs[index].watermark else { return nil }
    inputs[index].watermark = watermark
    align(index)
    return move()
  }

  /// Waits for an input no longer.
  mutating func rest(_ index: Int) -> Timestamp? {
    guard !inputs[index].isIdle else { return nil }
    inputs[index].isIdle = true
    return move()
  }

  /// Waits for an input again, once it has caught up.
  mutating func wake(_ index: Int) {
    guard inputs[index].isIdle else { return }
    inputs[index].isIdle = false
    inputs[index].isAligned = false
    align(index)
  }

  private mutating func align(_ index: Int) {
    if inputs[index].watermark >= watermark { inputs[index].isAligned = true }
  }

  private mutating func move() -> Timestamp? {
    let least = inputs.lazy.filter { !$0.isIdle && $0.isAligned }.map(\.watermark).min()
    guard let least, least > watermark else { return nil }
    watermark = least
    for index in inputs.indices where !inputs[index].isIdle { align(index) }
    return least
  }
}

extension WatermarkAligner {
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try watermark.encode(into: &encoder)
    for input in inputs {
      try input.watermark.encode(into: &encoder)
      try input.isIdle.encode(into: &encoder)
      try input.isAligned.encode(into: &encoder)
    }
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    watermark = try Timestamp(from: &decoder)
    for index in inputs.indices {
      inputs[index].watermark = try Timestamp(from: &decoder)
      inputs[index].isIdle = try Bool(from: &decoder)
      inputs[index].isAligned = try Bool(from: &decoder)
    }
  }
}
