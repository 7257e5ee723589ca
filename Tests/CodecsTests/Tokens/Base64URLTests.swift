// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct Base64URLTests {
  /// RFC 4648 §10 without padding, and RFC 7515 appendix C.
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
    ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
  ])
  func `texts of the RFC come both ways`(plain: String, text: String) {
    #expect(Base64URL.encode(Array(plain.utf8)) == Array(text.utf8))
    #expect(Base64URL.decode(text) == Array(plain.utf8))
  }

  @Test func `the two digits of URLs come both ways`() {
    #expect(Base64URL.encode([3, 236, 255, 224, 193]) == Array("A-z_4ME".utf8))
    #expect(Base64URL.decode("A-z_4ME") == [3, 236, 255, 224, 193])
  }

  @Test func `every length comes both ways`() {
    for count in 0...70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
      #expect(Base64URL.decode(Base64URL.encode(bytes)[...]) == bytes)
    }
  }

  @Test(arguments: ["Zg==", "Zm8=", "Zg=", "A+z/4ME", "Z g", "Zg\n", " Zg", "Z", "Zm9vY", "Zm9vé"])
  func `other spellings are refused`(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func `bits that stand for nothing must be zero`() {
    #expect(Base64URL.decode("Zg") == [0x66])
    for last in "hijklmnopqrstuv" { #expect(Base64URL.decode("Z\(last)") == nil) }
    for last in "9-_" { #expect(Base64URL.decode("Zm\(last)") == nil) }
  }

  @Test func `one text of all of two digits stands for one byte`() {
    let texts = Set((0...255).map { Base64URL.encode([UInt8($0)]) })
    #expect(texts.count == 256)
    var accepted = 0
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max where Base64URL.decode([first, second][...]) != nil {
        accepted += 1
      }
    }
    #expect(accepted == 256)
  }
}
