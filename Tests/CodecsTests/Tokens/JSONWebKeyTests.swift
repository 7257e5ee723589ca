// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct JSONWebKeyTests {
  private static let x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
  private static let y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
  private static let point = #""kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)""#

  private func key(_ text: String) throws(JSONWebKey.Refusal) -> JSONWebKey {
    guard let view = try? JSONView.parse(Array(text.utf8)) else { throw .malformed }
    return try JSONWebKey(view)
  }

  private func refusal(_ text: String) -> JSONWebKey.Refusal? {
    do throws(JSONWebKey.Refusal) {
      _ = try key(text)
      return nil
    } catch {
      return error
    }
  }

  /// RFC 7517 appendix A.1 says `enc` of this one.
  @Test func `a point is read`() throws {
    let key = try key(#"{\#(Self.point),"use":"sig","kid":"1"}"#)
    guard case .p256(let x, let y) = key.material else { throw JSONWebKey.Refusal.malformed }
    #expect(key.id == "1" && x.first == 0x30 && x.count == 32 && y.first == 0xE0 && y.count == 32)
    #expect(key.material.algorithmName == "ES256")
  }

  @Test func `numbers of RSA are read`() throws {
    let key = try key(#"{"kty":"RSA","n":"AQAB","e":"Aw","alg":"RS256"}"#)
    #expect(key.material == .rsa(modulus: [1, 0, 1], exponent: [3]) && key.id == nil)
  }

  /// RFC 8037 appendix A.2.
  @Test func `a key of Ed25519 is read`() throws {
    let text = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    guard case .ed25519(let bytes) = try key(text).material else {
      throw JSONWebKey.Refusal.malformed
    }
    #expect(bytes.first == 0xD7 && bytes.count == 32)
    for name in ["EdDSA", "Ed25519"] {
      #expect(refusal(String(text.dropLast()) + #","alg":"\#(name)"}"#) == nil)
    }
  }

  /// RFC 7517 appendix A.3.
  @Test func `a secret is read`() throws {
    let key = try key(
      #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","kid":"HMAC key used in JWS spec Appendix A.1 example"}"#
    )
    guard case .secret(let bytes) = key.material else { throw JSONWebKey.Refusal.malformed }
    #expect(bytes.count == 64 && bytes.first == 3)
  }

  @Test(arguments: [
    ("[]", JSONWebKey.Refusal.malformed), ("{}", .malformed), (#"{"kty":1}"#, .malformed),
    (#"{"kty":"oct","kty":"RSA"}"#, .malformed), (#"{"kty":"rsa"}"#, .unknownKind),
    (#"{"kty":"PQ"}"#, .unknownKind), (#"{"kty":"RSA","n":"AQAB"}"#, .malformed),
    (#"{"kty":"RSA","n":"AQAB","e":""}"#, .malformed),
    (#"{"kty":"RSA","n":"AQ=B","e":"AQAB"}"#, .malformed),
    (#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, .unknownKind),
    (#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, .unknownKind),
    (#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#, .malformed),
    (#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#, .unknownKind),
    (#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, .unknownKind),
    (#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, .malformed),
    (#"{"kty":"oct","k":""}"#, .malformed), (#"{"kty":"oct","k":"AAA","kid":7}"#, .malformed),
    (#"{\#(point),"use":"enc"}"#, .notForSignatures), (#"{\#(point),"use":1}"#, .malformed),
    (#"{\#(point),"key_ops":["sign"]}"#, .notForSignatures),
    (#"{\#(point),"key_ops":"verify"}"#, .malformed),
    (#"{\#(point),"alg":"HS256"}"#, .otherAlgorithm),
    (#"{\#(point),"alg":"ES384"}"#, .otherAlgorithm),
    (#"{\#(point),"d":"AAAA"}"#, .isPrivate),
  ])
  func `a key is passed over`(text: String, expected: JSONWebKey.Refusal) {
    #expect(refusal(text) == expected)
  }

  @Test func `a key for verifying among others is read`() {
    #expect(refusal(#"{\#(Self.point),"key_ops":["sign","verify"],"x5t":"AA"}"#) == nil)
  }

  @Test func `a set keeps what it can read and counts the rest`() throws {
    let text = #"{"keys":[{"kty":"PQ"},{\#(Self.point)},{"kty":"EC","crv":"P-521"},7],"more":1}"#
    let set = try JSONWebKeySet(Array(text.utf8))
    #expect(set.keys.count == 1)
    #expect(set.refusals == [.unknownKind, .unknownKind, .malformed])
  }

  @Test(arguments: ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[}"#, "<html>"])
  func `what is no set is refused`(text: String) {
    #expect(throws: JSONWebKeySet.Violation.notKeySet) { try JSONWebKeySet(Array(text.utf8)) }
  }

  @Test func `a set is as large as the limits`() throws {
    func set(_ count: Int) -> [UInt8] {
      let keys = Array(repeating: "{\(Self.point)}", count: count).joined(separator: ",")
      return Array(#"{"keys":[\#(keys)]}"#.utf8)
    }
    #expect(try JSONWebKeySet(set(100)).keys.count == 100)
    #expect(throws: JSONWebKeySet.Violation.tooMany) { try JSONWebKeySet(set(101)) }
    let space = [UInt8](repeating: 0x20, count: JSONWebKeySet.maximumBytes)
    #expect(throws: JSONWebKeySet.Violation.tooLong) { try JSONWebKeySet(set(1) + space) }
  }

  @Test func `a secret is not printed`() throws {
    let key = try key(#"{"kty":"oct","k":"c2VjcmV0c2VjcmV0"}"#)
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains("115") && !text.contains("secret") && !text.contains("c2Vj"))
    }
  }
}
