// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct Base64Tests {
  /// RFC 4648 §10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `the vectors of the standard go both ways`(plain: String, text: String) {
    #expect(Base64.encode(Array(plain.utf8)) == text)
    #expect(Base64.decode(text) == Array(plain.utf8))
  }

  @Test func `what was encoded is decoded`() {
    var random = SeededGenerator(seed: 4)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test(arguments: [
    "Zg", "Zg=", "Z===", "====", "=Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v ", " Zm9v", "Zm9v\n",
    "Zm-v", "Zm_v", "Zm9é",
  ])
  func `other text is not decoded`(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
