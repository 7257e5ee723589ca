// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import TestCertificates
import Testing
import Transport

@testable import Host

@Suite struct TokenVerifierTests {
  private static let seconds = TokenBench.seconds

  @Test(arguments: SignatureAlgorithm.allCases)
  func `a token says who its user is`(algorithm: SignatureAlgorithm) throws {
    let verifier = try TokenBench.verifier([.init(id: "k", key: TokenBench.key(algorithm))])
    let claims = #"{"sub":"42","exp":\#(Self.seconds + 60),"jti":"t1","sid":"s1"}"#
    for keyID in ["k", nil] {
      let token = try TokenBench.token(claims, algorithm, keyID: keyID)
      let identity = try verifier.identity(of: token, at: TokenBench.now)
      #expect(identity.user == "42" && identity.tokenID == "t1" && identity.session == "s1")
      #expect(identity.expiry == TokenBench.now + .seconds(120))
      #expect(!identity.isExpired(at: TokenBench.now))
    }
  }

  @Test func `the examples of RFC 7515 are verified to their last claim`() throws {
    let before = Timestamp(milliseconds: 1_300_819_379_000)
    let secret = try #require(Base64URL.decode(PublishedTokens.hs256Secret))
    let examples = [
      (PublishedTokens.hs256, try VerificationKey(secret: secret)),
      (PublishedTokens.rs256, try TokenBench.key(.rs256)),
      (PublishedTokens.es256, try TokenBench.key(.es256)),
    ]
    for (token, key) in examples {
      let verifier = try TokenBench.verifier([.init(id: nil, key: key)]) {
        ($0.issuer, $0.allowsAnonymous) = ("joe", true)
      }
      #expect(try verifier.identity(of: Array(token.utf8), at: before).issuer == "joe")
      #expect(verifier.failure(of: Array(token.utf8)) == .expired("exp"))
    }
    let edDSA = try TokenBench.verifier([.init(id: nil, key: TokenBench.key(.edDSA))])
    #expect(edDSA.failure(of: Array(PublishedTokens.edDSA.utf8)) == .malformed(.claimsNotJSON))
  }

  @Test func `algorithms that are not known are refused, none first`() throws {
    let all = try SignatureAlgorithm.allCases.map {
      KeySet.Entry(id: nil, key: try TokenBench.key($0))
    }
    let verifier = try TokenBench.verifier(all)
    for token in [PublishedTokens.unsigned, PublishedTokens.es512] {
      #expect(verifier.failure(of: Array(token.utf8)) == .algorithmNotAllowed)
    }
    for name in [
      "none", "None", "NONE", "nOnE", "hs256", "HS256 ", "HS384", "PS256", "ES256K", "x",
    ] {
      let token = try TokenBench.token(header: #"{"alg":"\#(name)"}"#, #"{"sub":"42"}"#)
      #expect(verifier.failure(of: token) == .algorithmNotAllowed, "\(name)")
    }
  }

  @Test func `a token cannot choose how a key is used`() throws {
    // HS256 with the public key as the secret, which is known to everybody (RFC 8725 §2.1).
    for (pem, algorithm) in [
      (PublishedKeys.rsaPublic, SignatureAlgorithm.rs256),
      (PublishedKeys.p256Public, .es256), (PublishedKeys.ed25519Public, .edDSA),
    ] {
      let key = KeySet.Entry(id: "k", key: try TokenBench.key(algorithm))
      let verifier = try TokenBench.verifier([key])
      for header in [#"{"alg":"HS256"}"#, #"{"alg":"HS256","kid":"k"}"#] {
        let signed = Array("\(base64(header)).\(base64(#"{"sub":"42"}"#))".utf8)
        for secret in [Array(pem.utf8), Array(pem.utf8) + [10]] {
          let signature = Digest.hmacSHA256(signed, key: secret)
          let token = SignedToken.signed(signed, with: signature)
          #expect(verifier.failure(of: token) == .algorithmNotAllowed)
        }
      }
    }
  }

  private func base64(_ text: String) -> String {
    String(decoding: Base64URL.encode(Array(text.utf8)), as: UTF8.self)
  }

  @Test func `a header that says another algorithm than it was signed with is refused`() throws {
    let all = try SignatureAlgorithm.allCases.map {
      KeySet.Entry(id: nil, key: try TokenBench.key($0))
    }
    let verifier = try TokenBench.verifier(all)
    for algorithm in SignatureAlgorithm.allCases {
      for said in SignatureAlgorithm.allCases where said != algorithm {
        let token = try TokenBench.token(
          header: #"{"alg":"\#(said.rawValue)"}"#,
          #"{"sub":"42"}"#,
          signedWith: algorithm
        )
        #expect(verifier.failure(of: token) == .badSignature)
      }
    }
  }

  @Test func `keys are found by their names`() throws {
    let verifier = try TokenBench.verifier([
      .init(id: "a", key: TokenBench.key(.hs256)), .init(id: "b", key: TokenBench.key(.es256)),
    ])
    let claims = #"{"sub":"42","exp":\#(Self.seconds + 60)}"#
    func failure(_ algorithm: SignatureAlgorithm, _ keyID: String?) throws -> TokenFailure? {
      verifier.failure(of: try TokenBench.token(claims, algorithm, keyID: keyID))
    }
    #expect(try failure(.hs256, "a") == nil)
    #expect(try failure(.es256, "b") == nil)
    #expect(try failure(.hs256, nil) == nil)
    #expect(try failure(.hs256, "b") == .algorithmNotAllowed)
    #expect(try failure(.es256, "a") == .algorithmNotAllowed)
    #expect(try failure(.rs256, nil) == .algorithmNotAllowed)
    for name in ["c", "A", "", "a ", "../a", "a' OR '1'='1"] {
      #expect(try failure(.hs256, name) == .unknownKey)
    }
  }

  @Test func `a key without a name is for tokens of any`() throws {
    let verifier = try TokenBench.verifier()
    let claims = #"{"sub":"42","exp":\#(Self.seconds + 60)}"#
    let token = try TokenBench.token(claims, keyID: "whatever")
    #expect(verifier.failure(of: token) == nil)
    #expect(verifier.failure(of: try TokenBench.token(claims, .es256, keyID: "x")) == .unknownKey)
  }

  @Test func `without keys nothing is valid`() throws {
    let verifier = try TokenBench.verifier([])
    #expect(verifier.failure(of: try TokenBench.valid()) == .noKeys)
  }

  @Test func `a signature of another key is wrong`() throws {
    let other = try VerificationKey(secret: TokenBench.secret + [33])
    let verifier = try TokenBench.verifier([.init(id: nil, key: other)])
    #expect(verifier.failure(of: try TokenBench.valid()) == .badSignature)
  }

  @Test func `what a token brings to be verified with is not looked at`() throws {
    let verifier = try TokenBench.verifier()
    for member in [
      #""jwk":{"kty":"oct","k":"AAAA"}"#, #""jku":"http://127.0.0.1:1/keys""#,
      #""x5u":"http://127.0.0.1:1/cert""#, #""x5c":["AAAA"]"#,
    ] {
      let token = try TokenBench.token(header: #"{"alg":"HS256",\#(member)}"#, #"{"sub":"42"}"#)
      #expect(verifier.failure(of: token)?.code == "key-in-header")
    }
  }

  @Test func `claims are not believed before the signature`() throws {
    let verifier = try TokenBench.verifier()
    var token = try TokenBench.token(#"{"sub":"42","exp":1}"#)
    token[token.count - 5] ^= 1
    #expect(verifier.failure(of: token) == .badSignature)
  }

  @Test func `no changed byte and no beginning of a token is valid`() throws {
    let verifier = try TokenBench.verifier()
    let token = try TokenBench.valid()
    #expect(verifier.failure(of: token) == nil)
    for place in token.indices {
      for byte: UInt8 in [0, 0x2E, 0x41, 0x7A, 0xFF, token[place] ^ 1, token[place] ^ 0x20]
      where byte != token[place] {
        var changed = token
        changed[place] = byte
        #expect(verifier.failure(of: changed) != nil)
      }
      #expect(verifier.failure(of: Array(token.prefix(place))) != nil)
    }
    #expect(verifier.failure(of: token + [0x41]) != nil)
    #expect(verifier.failure(of: [0x20] + token)?.code == "malformed")
    #expect(verifier.failure(of: token + [0x0A])?.code == "malformed")
  }

  @Test func `a token that is too long is refused before it is read`() throws {
    let token = [UInt8](repeating: 0x41, count: 8_193)
    #expect(try TokenBench.verifier().failure(of: token) == .malformed(.tooLong))
  }

  @Test func `a type is demanded where one is configured`() throws {
    let verifier = try TokenBench.verifier { $0.type = "at+jwt" }
    let claims = #"{"sub":"42","exp":\#(Self.seconds + 60)}"#
    let right = try TokenBench.token(header: #"{"alg":"HS256","typ":"application/at+JWT"}"#, claims)
    #expect(verifier.failure(of: right) == nil)
    for header in [#"{"alg":"HS256"}"#, #"{"alg":"HS256","typ":"JWT"}"#] {
      #expect(verifier.failure(of: try TokenBench.token(header: header, claims)) == .wrongType)
    }
  }

  @Test func `nothing of a token or a key is told`() throws {
    let verifier = try TokenBench.verifier()
    let token = try TokenBench.token(#"{"sub":"marker","exp":1,"iss":"marker"}"#, keyID: "marker")
    let failure = try #require(verifier.failure(of: token))
    #expect(!"\(failure)\(failure.code)\(failure.claim ?? "")".contains("marker"))
    var dumped = ""
    dump(verifier, to: &dumped)
    #expect(!dumped.contains("97, 32, 115"), "the secret begins with these bytes")
  }
}
