// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct ApproximateDistinctTests {
  private func sketch(_ precision: Int, _ values: some Sequence<Int>) -> HyperLogLog {
    var sketch = HyperLogLog(precision: precision)
    for value in values { sketch.add(hash: value.stableHash) }
    return sketch
  }

  @Test func `the standard error that is asked for sets the size`() {
    func error(_ wanted: Double) -> Double {
      ApproximateDistinct<Int, Int>(of: { $0 }, standardError: wanted).result(of: 0..<17_000)
        .standardError
    }
    #expect(error(0.01) == 1.04 / 128)
    #expect(error(0.1) == 1.04 / 128.0.squareRoot())
    #expect(error(0.0021) == 1.04 / 512)
  }

  @Test func `few values are counted exactly, in whatever parts they come`() {
    for count in [0, 1, 2, 255, 256] {
      let values = Array(0..<count) + Array(0..<count)
      for cut in [0, count / 2, count, 2 * count] {
        let distinct = ApproximateDistinct<Int, Int>(of: { $0 }, standardError: 0.02)
        let found = distinct.result(of: values, cutAt: cut)
        #expect((found.count, found.standardError) == (count, 0))
      }
    }
    let distinct = ApproximateDistinct<Int, Int>(of: { $0 }, standardError: 0.02)
    #expect(!distinct.result(of: 0..<257).isExact)
  }

  /// Over many sets of each size: the spread is the standard error, and there is no bias.
  @Test(arguments: [6, 8])
  func `counts of every size are as good as the standard error says`(precision: Int) {
    let error = HyperLogLog(precision: precision).standardError
    let registers = 1 << precision
    let sizes = [registers / 8, registers, registers * 2, registers * 3, registers * 5]
    for size in sizes + [registers * 20] {
      let runs = 50
      var (sum, squares) = (0.0, 0.0)
      for run in 0..<runs {
        let first = (run + 1) << 32
        let found = sketch(precision, first..<first + size).count
        let deviation = Double(found - size) / Double(size)
        sum += deviation
        squares += deviation * deviation
      }
      let (bias, spread) = (sum / Double(runs), (squares / Double(runs)).squareRoot())
      #expect(abs(bias) < 3.5 * error / Double(runs).squareRoot(), "bias at \(size)")
      #expect(spread < 1.35 * error, "spread at \(size)")
    }
  }

  @Test func `a hundred thousand values are counted within three standard errors`() {
    let found = sketch(14, 0..<100_000)
    #expect(abs(Double(found.count) - 1e5) < 3 * found.standardError * 1e5)
  }

  @Test func `frequent values count once, and parts are merged without loss`() {
    for seed in 0..<5 {
      var random = SeededGenerator(seed)
      let values = Zipf(8_000, halves: 2).take(5_000, using: &random)
      let distinct = ApproximateDistinct<Int, Int>(of: { $0 }, standardError: 0.05)
      let whole = distinct.result(of: values)
      let exact = Double(Set(values).count)
      #expect(abs(Double(whole.count) - exact) < 4 * whole.standardError * exact)
      for cut in [0, 3, 20, 2_000, 4_999] {
        #expect(distinct.result(of: values, cutAt: cut) == whole)
        #expect(distinct.result(of: values.reversed(), cutAt: cut) == whole)
      }
    }
  }

  @Test func `texts that differ little are counted as well as any`() {
    let distinct = ApproximateDistinct<Int, String>(of: { "/item/\($0)?page=1" })
    let found = distinct.result(of: 0..<20_000)
    #expect(abs(Double(found.count) - 20_000) < 3 * found.standardError * 20_000)
  }

  @Test func `registers that are all full give an estimate`() throws {
    var encoder = StateEncoder()
    encoder.write(UInt64(6))
    encoder.write(bytes: [UInt8](repeating: 59, count: 64))
    var (decoder, sketch) = (StateDecoder(encoder.bytes), HyperLogLog(precision: 6))
    try sketch.restore(from: &decoder)
    #expect(sketch.count > 1 << 60)
  }

  @Test func `registers or hashes that can't be are refused`() {
    func isRefused(_ write: (inout StateEncoder) -> Void) -> Bool {
      var encoder = StateEncoder()
      encoder.write(UInt64(6))
      write(&encoder)
      var (decoder, sketch) = (StateDecoder(encoder.bytes), HyperLogLog(precision: 6))
      do { try sketch.restore(from: &decoder) } catch { return true }
      return false
    }
    #expect(isRefused { $0.write(bytes: [UInt8](repeating: 60, count: 64)) })
    #expect(isRefused { $0.write(bytes: [UInt8](repeating: 1, count: 63)) })
    #expect(
      isRefused {
        $0.write(bytes: [])
        $0.write(UInt64(5))
        for hash in 1...5 { $0.writeFixed(UInt64(hash)) }
      }
    )
  }
}
