// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct SignedTokenTests {
  /// RFC 7515 appendix A.1.
  static let example =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

  static func encoded(_ text: String) -> String {
    String(decoding: Base64URL.encode(Array(text.utf8)), as: UTF8.self)
  }

  /// A token of a header and claims, with a signature of two bytes that nobody made.
  static func token(_ header: String, _ claims: String = "{}") -> [UInt8] {
    Array("\(encoded(header)).\(encoded(claims)).AAA".utf8)
  }

  private func violation(
    _ token: [UInt8],
    _ limits: SignedTokenLimits = SignedTokenLimits()
  ) -> SignedTokenViolation? {
    do throws(SignedTokenViolation) {
      _ = try SignedToken(token, limits: limits).claims()
      return nil
    } catch {
      return error
    }
  }

  @Test func `the example of the RFC is taken apart`() throws {
    let token = try SignedToken(Array(Self.example.utf8))
    #expect(token.header.algorithm == "HS256")
    #expect(token.header.type == "JWT" && token.header.keyID == nil)
    #expect(token.signature.count == 32 && token.signature.first == 116)
    #expect(Self.example.hasPrefix(String(decoding: token.signedBytes, as: UTF8.self) + "."))
    let claims = try token.claims()
    #expect(claims["iss"]?.string == "joe" && claims["exp"]?.int == 1_300_819_380)
  }

  @Test func `a token without a signature has an empty one`() throws {
    let token = try SignedToken(Array("\(Self.encoded(#"{"alg":"none"}"#)).e30.".utf8))
    #expect(token.signature == [] && token.header.algorithm == "none")
  }

  @Test(arguments: ["", ".", "a", "e30.e30", "e30.e30.e30.e30", "e30.e30.e30.e30.e30", "e30e30e30"])
  func `other than three parts are refused`(text: String) {
    #expect(violation(Array(text.utf8)) == .notThreeParts)
  }

  @Test(arguments: [" ", "\n", "=", "+", "/", "é", "\0"])
  func `a byte that is no digit is refused in every part`(byte: String) {
    let parts = Self.example.split(separator: ".")
    for place in 0..<3 {
      var changed = parts.map(String.init)
      changed[place] += byte
      let text = changed.joined(separator: ".")
      #expect(violation(Array(text.utf8)) == .notBase64URL)
    }
  }

  @Test(arguments: [
    ("", SignedTokenViolation.headerNotJSON), ("[]", .headerNotJSON), ("1", .headerNotJSON),
    (#"{"alg":"HS256""#, .headerNotJSON), (#"{"alg":"HS256"}x"#, .headerNotJSON),
    (#"{"alg":"HS256","a":[[[[[]]]]]}"#, .headerNotJSON), ("{}", .wrongHeaderMember),
    (#"{"alg":1}"#, .wrongHeaderMember), (#"{"alg":null}"#, .wrongHeaderMember),
    (#"{"alg":""}"#, .wrongHeaderMember), (#"{"alg":["HS256"]}"#, .wrongHeaderMember),
    (#"{"alg":"HS256","kid":1}"#, .wrongHeaderMember),
    (#"{"alg":"HS256","typ":{}}"#, .wrongHeaderMember),
    (#"{"alg":"HS256","alg":"none"}"#, .duplicateInHeader),
    (#"{"alg":"HS256","\u0061lg":"none"}"#, .duplicateInHeader),
    (#"{"alg":"HS256","crit":["exp"],"exp":1}"#, .criticalExtension),
    (#"{"alg":"HS256","crit":[]}"#, .criticalExtension),
    (#"{"alg":"HS256","crit":null}"#, .criticalExtension),
    (#"{"alg":"HS256","crit":["b64"],"b64":false}"#, .criticalExtension),
    (#"{"alg":"HS256","b64":false}"#, .unencodedPayload),
    (#"{"alg":"HS256","b64":"true"}"#, .unencodedPayload),
    (#"{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}"#, .keyInHeader),
    (#"{"alg":"HS256","jku":"https://a.example/"}"#, .keyInHeader),
    (#"{"alg":"HS256","x5u":"https://a.example/"}"#, .keyInHeader),
    (#"{"alg":"HS256","x5c":["AA"]}"#, .keyInHeader),
    (#"{"alg":"HS256","jku":null}"#, .keyInHeader),
  ])
  func `a header is refused`(header: String, expected: SignedTokenViolation) {
    #expect(violation(Self.token(header)) == expected)
  }

  @Test(arguments: [
    #"{"alg":"HS256","b64":true}"#, #"{"alg":"HS256","x5t":"AAAA","cty":"x","zip":"DEF"}"#,
    #" { "alg" : "HS256" } "#, #"{"alg":"HS256","kid":"","typ":""}"#,
  ])
  func `a header with what means nothing here is accepted`(header: String) {
    #expect(violation(Self.token(header)) == nil)
  }

  @Test(arguments: [
    ("", SignedTokenViolation.claimsNotJSON), ("[]", .claimsNotJSON), ("null", .claimsNotJSON),
    (#"{"a":1"#, .claimsNotJSON), (#"{"a":1,"a":1}"#, .duplicateInClaims),
    (#"{"info":[{"a":1,"a":1}]}"#, .duplicateInClaims),
  ])
  func `claims are refused`(claims: String, expected: SignedTokenViolation) {
    #expect(violation(Self.token(#"{"alg":"HS256"}"#, claims)) == expected)
  }

  @Test func `claims that are no UTF-8 are refused`() {
    let token = Array("\(Self.encoded(#"{"alg":"HS256"}"#)).".utf8)
    #expect(
      violation(token + Base64URL.encode(Array(#"{"a":""#.utf8) + [0xFF, 0x22, 0x7D]) + [46])
        == .claimsNotJSON
    )
  }

  @Test func `claims nest as deep as the limit`() {
    for (depth, expected) in [(16, nil), (17, SignedTokenViolation.claimsNotJSON)] {
      let claims =
        #"{"a":"# + String(repeating: "[", count: depth - 1)
        + String(repeating: "]", count: depth - 1) + "}"
      #expect(violation(Self.token(#"{"alg":"HS256"}"#, claims)) == expected)
    }
  }

  @Test func `a token, its header and its signature are as long as the limits`() {
    let token = Array(Self.example.utf8)
    var limits = SignedTokenLimits()
    (limits.maximumTokenBytes, limits.maximumHeaderBytes, limits.maximumSignatureBytes) = (
      token.count, 30, 32
    )
    #expect(violation(token, limits) == nil)
    #expect(violation(token + [65], limits) == .tooLong)
    limits.maximumHeaderBytes = 29
    #expect(violation(token, limits) == .headerTooLong)
    (limits.maximumHeaderBytes, limits.maximumSignatureBytes) = (30, 31)
    #expect(violation(token, limits) == .signatureTooLong)
  }

  @Test func `a long name of a key is refused`() {
    let name = String(repeating: "k", count: 256)
    #expect(violation(Self.token(#"{"alg":"HS256","kid":"\#(name)"}"#)) == nil)
    #expect(
      violation(Self.token(#"{"alg":"HS256","kid":"\#(name)k"}"#)) == .wrongHeaderMember
    )
  }

  @Test(arguments: [
    ("JWT", "jwt", true), ("jwt", "application/JWT", true), ("application/at+jwt", "at+jwt", true),
    ("at+jwt", "JWT", false), ("JWTx", "JWT", false), ("application/a/jwt", "a/jwt", false),
  ])
  func `types compare as media types`(type: String, wanted: String, isSame: Bool) throws {
    let token = try SignedToken(Self.token(#"{"alg":"HS256","typ":"\#(type)"}"#))
    #expect(token.header.isType(wanted) == isSame)
  }

  @Test func `a token without a type is of none`() throws {
    #expect(try !SignedToken(Self.token(#"{"alg":"HS256"}"#)).header.isType(""))
  }

  @Test func `what is made can be taken apart`() throws {
    let unsigned = SignedToken.unsigned(
      algorithm: "ES256",
      keyID: #"a"b"#,
      type: nil,
      claims: Array(#"{"a":1}"#.utf8)
    )
    let token = try SignedToken(SignedToken.signed(unsigned, with: [1, 2, 3]))
    #expect(token.header.algorithm == "ES256" && token.header.keyID == #"a"b"#)
    #expect(token.header.type == nil && token.signature == [1, 2, 3])
    #expect(Array(token.signedBytes) == unsigned)
    #expect(try token.claims()["a"]?.int == 1)
  }

  @Test func `no beginning and no changed byte of a token makes the reader trap`() {
    let example = Array(Self.example.utf8)
    for count in 0..<example.count { _ = violation(Array(example.prefix(count))) }
    for place in example.indices {
      for byte in UInt8.min...UInt8.max {
        var token = example
        token[place] = byte
        _ = violation(token)
      }
    }
  }
}
