// SPDX-License-Identifier: Apache-2.0
import Foundation
import Operators
import Streams
import Testing
import WeirTesting

/// Sketches over what people wrote: the words of this package's own tests.
@Suite struct SketchRealDataTests {
  private static let words: [String] = {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    let sources = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
    return sources.sorted { $0.path() < $1.path() }.prefix(12).flatMap { file in
      // A file that can't be read has no words; the test asks for some.
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      return text.split { !$0.isLetter }.map(String.init)
    }
  }()

  private static let counts = words.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }

  @Test func `there are some thousand words`() {
    #expect(Self.words.count > 3_000 && Self.counts.count > 400)
  }

  @Test func `different words are counted within four standard errors`() {
    for wanted in [0.1, 0.05, 0.01] {
      let distinct = ApproximateDistinct<String, String>(of: { $0 }, standardError: wanted)
      let found = distinct.result(of: Self.words)
      let exact = Double(Self.counts.count)
      #expect(abs(Double(found.count) - exact) <= 4 * found.standardError * exact)
    }
  }

  @Test func `frequent words are listed with their bounds`() {
    let hitters = HeavyHitters<String, String>(100, of: { $0 }, entries: 100)
    let found = hitters.result(of: Self.words, cutAt: Self.words.count / 2)
    let bound = Self.words.count / 100
    for entry in found.top {
      let exact = Self.counts[entry.value, default: 0]
      #expect(entry.count - entry.error <= exact && exact <= entry.count && entry.error <= bound)
    }
    let frequent = Self.counts.filter { $0.value > bound }.keys
    #expect(frequent.allSatisfy { word in found.top.contains { $0.value == word } })
  }

  @Test func `words are estimated never too low and rarely too high`() {
    let sketch = CountMin<String, String>(of: { $0 }, error: 0.01).result(of: Self.words)
    let errors = Self.counts.map { sketch.estimate(of: $0.key) - $0.value }
    #expect(errors.allSatisfy { $0 >= 0 })
    let high = errors.filter { Double($0) > 0.01 * Double(Self.words.count) }
    #expect(Double(high.count) <= 0.01 * Double(errors.count))
  }

  @Test func `quantiles of the length of words are exact for small numbers`() {
    let quantiles = Quantiles<String, Int>(of: \.count, at: [0.1, 0.5, 0.9, 0.99])
    let found = quantiles.result(of: Self.words)
    let lengths = Self.words.map(\.count).sorted()
    for (fraction, value) in zip(found.fractions, found.values) {
      #expect(Int(value.rounded()) == lengths[Int(fraction * Double(lengths.count - 1))])
    }
  }
}
