// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct StableHashTests {
  @Test func `a word is hashed as SplitMix64 mixes its seed`() {
    #expect(0.stableHash == 0xE220_A839_7B1D_CDAF)
    for seed in [1, 7, 1 << 40, -1] {
      var random = SeededGenerator(seed)
      #expect(seed.stableHash == random.next())
    }
  }

  @Test func `equal numbers of different types have the same hash`() {
    #expect(UInt8(200).stableHash == 200.stableHash)
    #expect(Int32(-5).stableHash == Int64(-5).stableHash)
    #expect(Float(0.5).stableHash == 0.5.stableHash)
    #expect((-0.0).stableHash == 0.0.stableHash)
    #expect(Double.signalingNaN.stableHash == Double.nan.stableHash)
    #expect(Timestamp(milliseconds: 9).stableHash == 9.stableHash)
  }

  /// Written down once: if one differs, sketches in checkpoints no longer fit.
  @Test func `hashes never change`() {
    #expect("".stableHash == 0xE220_A839_7B1D_CDAF)
    #expect("a".stableHash == 0x5E02_5F9A_DE9E_AF3E)
    #expect("/index.html".stableHash == 0x00F5_BFEC_73EA_9E7E)
    #expect("Grüße, 世界".stableHash == 0x76F5_57BD_0ED5_B066)
    #expect([1, 2, 3].stableHash == 0x4E28_89B2_1BA4_3FF3)
    #expect(Optional(4).stableHash == 0xDEF4_34E3_9805_1D63)
    #expect(2.5.stableHash == 0x619D_3BA3_4C5D_A9E5)
    #expect(true.stableHash == 0x910A_2DEC_8902_5CC1)
  }

  @Test func `texts of every length, lists and optionals are told apart`() {
    var hashes: Set<UInt64> = []
    let text = String(repeating: "\0", count: 40)
    for count in 0...40 { hashes.insert(String(text.prefix(count)).stableHash) }
    #expect(hashes.count == 41)
    #expect(["ab", "c"].stableHash != ["a", "bc"].stableHash)
    #expect([[1], [2, 3]].stableHash != [[1, 2], [3]].stableHash)
    #expect(Int?.none.stableHash != Int?.some(0).stableHash)
    #expect(Int??.some(nil).stableHash != Int??.none.stableHash)
  }

  @Test func `where a text is stored makes no difference`() {
    let text = "one /presentations/logstash-monitorama-2013/plugin/notes/notes.js two"
    for (start, end) in [(0, 3), (4, 60), (4, 12), (10, 65)] {
      let part = text.dropFirst(start).prefix(end - start)
      #expect(String(part).stableHash == String(Array(part)).stableHash)
    }
  }

  @Test func `each bit of a word changes about half of the hash`() {
    var random = SeededGenerator(3)
    var changed = 0
    for _ in 0..<200 {
      let word = random.next()
      for bit in 0..<64 {
        changed += (word.stableHash ^ (word ^ 1 << UInt64(bit)).stableHash).nonzeroBitCount
      }
    }
    let share = Double(changed) / Double(200 * 64 * 64)
    #expect(abs(share - 0.5) < 0.005)
  }
}
