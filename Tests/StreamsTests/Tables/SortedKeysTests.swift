// SPDX-License-Identifier: Apache-2.0
import Testing
import WeirTesting

@testable import Streams

@Suite struct SortedKeysTests {
  private func all(_ keys: SortedKeys, after key: String? = nil) -> [String] {
    var found: [String] = []
    keys.forEach(after: key) {
      found.append($0)
      return true
    }
    return found
  }

  @Test func `keys come in the order of their bytes, each once`() {
    var keys = SortedKeys()
    for key in ["b", "é", "a", "B", "b", "ab", "z", "Ω", "a"] { keys.insert(key) }
    #expect(all(keys) == ["B", "a", "ab", "b", "z", "é", "Ω"])
    #expect(keys.count == 7)
    keys.remove("b")
    keys.remove("not there")
    #expect(all(keys, after: "a") == ["ab", "z", "é", "Ω"])
    #expect(all(keys, after: "aa") == ["ab", "z", "é", "Ω"])
    #expect(all(keys, after: "Ω").isEmpty)
    #expect(all(SortedKeys(), after: "a").isEmpty)
  }

  @Test func `reading ends when the reader has enough`() {
    var keys = SortedKeys()
    for number in 0..<2_000 { keys.insert("\(number)") }
    var count = 0
    #expect(
      !keys.forEach(after: nil) { _ in
        count += 1
        return count < 700
      }
    )
    #expect(count == 700)
    #expect(keys.forEach(after: "999") { _ in true })
  }

  @Test(arguments: 0..<30)
  func `random changes leave what a set has`(seed: Int) {
    var random = SeededGenerator(seed)
    var keys = SortedKeys()
    var expected: Set<String> = []
    let space = [40, 3_000, 20_000][seed % 3]
    for step in 0..<6_000 {
      let key = "k\(Int.random(in: 0..<space, using: &random))"
      // It grows, then it shrinks.
      if Int.random(in: 0..<10, using: &random) < (step < 3_500 ? 7 : 2) {
        keys.insert(key)
        expected.insert(key)
      } else {
        keys.remove(key)
        expected.remove(key)
      }
      guard step % 997 == 0 || step == 5_999 else { continue }
      let sorted = expected.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      #expect(all(keys) == sorted)
      #expect(keys.count == expected.count)
      #expect(
        all(keys, after: key) == sorted.filter { key.utf8.lexicographicallyPrecedes($0.utf8) }
      )
    }
  }
}
