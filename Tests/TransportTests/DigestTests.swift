// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct DigestTests {
  /// Examples of FIPS 180-4, the empty message, and the handshake of RFC 6455 §1.3.
  @Test(arguments: [
    (
      "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    ),
    (
      "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    ),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `the digests are those of the standard`(text: String, sha1: String, sha256: String) {
    #expect(hex(Digest.sha1(Array(text.utf8))) == sha1)
    #expect(hex(Digest.sha256(Array(text.utf8))) == sha256)
  }

  /// Test cases 1, 2, 6 and 7 of RFC 4231.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0B, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      "This is a test using a larger than block-size key and a larger than block-size data. "
        + "The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ])
  func `authentication codes are those of the standard`(
    key: [UInt8],
    text: String,
    expected: String
  ) {
    #expect(hex(Digest.hmacSHA256(Array(text.utf8), key: key)) == expected)
  }

  @Test func `the WebSocket handshake example digests as the RFC says`() {
    let key = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    #expect(hex(Digest.sha1(Array(key.utf8))) == "b37a4f2cc0624f1690f64606cf385945b2bec4ea")
  }

  @Test func `random bytes come in the count asked for and differ`() {
    for count in [0, 1, 16, 1_000] { #expect(SecureRandom.bytes(count).count == count) }
    #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
  }

  @Test func `the library names its version`() {
    #expect(OpenSSLLibrary.version.hasPrefix("OpenSSL "))
  }

  private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
