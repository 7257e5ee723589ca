// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Streams

@Suite struct WatermarkAlignerTests {
  private enum Step {
    case watermark(Timestamp, Int)
    case idle(Int)
    case active(Int)
  }

  /// What the aligner gives out after each step.
  private func run(_ count: Int, _ steps: [Step]) -> ([Timestamp?], WatermarkAligner) {
    var aligner = WatermarkAligner(count: count)
    let told = steps.map { step -> Timestamp? in
      switch step {
      case .watermark(let watermark, let input): return aligner.take(watermark, from: input)
      case .idle(let input): return aligner.rest(input)
      case .active(let input):
        aligner.wake(input)
        return nil
      }
    }
    return (told, aligner)
  }

  @Test func `three inputs align as the field's test vector says`() {
    let steps: [(Step, Timestamp?)] = [
      (.watermark(0, 0), nil), (.watermark(0, 1), nil), (.watermark(0, 2), 0),
      (.watermark(12, 0), nil), (.watermark(8, 2), nil), (.watermark(10, 2), nil),
      (.watermark(15, 1), 10), (.watermark(6, 0), nil),
      (.idle(2), 12), (.watermark(17, 0), 15), (.watermark(25, 0), nil), (.watermark(20, 1), 20),
      (.active(2), nil), (.watermark(18, 2), nil), (.watermark(22, 1), 22),
      (.watermark(28, 0), nil), (.watermark(33, 1), 28), (.watermark(30, 2), nil),
      (.watermark(31, 0), 30), (.watermark(34, 2), 31),
      (.idle(0), 33), (.idle(2), nil), (.idle(1), nil),
    ]
    let (told, aligner) = run(3, steps.map(\.0))
    #expect(told == steps.map(\.1))
    #expect(aligner.isIdle && aligner.watermark == 33)
  }

  @Test func `one input aligns as the field's test vector says`() {
    let steps: [(Step, Timestamp?)] = [
      (.watermark(0, 0), 0), (.watermark(25, 0), 25), (.watermark(18, 0), nil),
      (.watermark(42, 0), 42), (.idle(0), nil), (.watermark(52, 0), nil),
      (.watermark(60, 0), nil), (.active(0), nil), (.watermark(40, 0), nil),
      (.watermark(68, 0), 68),
    ]
    #expect(run(1, steps.map(\.0)).0 == steps.map(\.1))
  }

  @Test func `an input that has said nothing is waited for until it rests`() {
    #expect(run(2, [.watermark(9, 0), .idle(1)]).0 == [nil, 9])
  }
}
