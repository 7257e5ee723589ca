// SPDX-License-Identifier: Apache-2.0
@testable import Codecs
import Testing

@Suite struct UTF8ValidatorTests {
  /// What the standard library says, which decides in one piece.
  static func isValid(_ bytes: [UInt8]) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  @Test func `every sequence of one to three bytes is judged as by the standard library`() {
    for word in stride(from: 0, to: 1 << 24, by: 1 << 16) {
      for middle in 0..<256 {
        for last in [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF] {
          let bytes = [UInt8(word >> 16), UInt8(middle), UInt8(last)]
          let isValid = UTF8Validator.firstFault(bytes.span, in: 0..<3) == nil
          if isValid != Self.isValid(bytes) { Issue.record("\(bytes)") }
        }
      }
    }
  }

  @Test func `random text is judged the same in pieces as whole`() {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<5_000 {
      var bytes = Array(random.string(upTo: 12).utf8)
      if Bool.random(using: &random) { bytes = random.mutate(bytes) }
      var validator = UTF8Validator()
      var isValid = true
      for piece in random.pieces(of: bytes, upTo: 5) where isValid {
        isValid = validator.receive(Array(piece).span, in: 0..<piece.count) == nil
      }
      #expect((isValid && validator.isAtBoundary) == Self.isValid(bytes))
    }
  }
}
