// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Testing
import Transport

@testable import Host

@Suite struct TokenClaimsTests {
  private static let seconds = TokenBench.seconds

  private func failure(
    _ claims: String,
    _ change: (inout TokenPolicy) -> Void = { _ in }
  ) throws -> TokenFailure? {
    try TokenBench.verifier(nil, change).failure(of: TokenBench.token(claims))
  }

  @Test(arguments: [
    (-61, TokenFailure.expired("exp")), (-60, .expired("exp")), (-59, nil), (0, nil), (1, nil),
  ])
  func `a token expires a leeway after its time`(offset: Int, expected: TokenFailure?) throws {
    #expect(try failure(#"{"sub":"42","exp":\#(Self.seconds + offset)}"#) == expected)
  }

  @Test(arguments: ["nbf", "iat"])
  func `a token counts from a leeway before its time`(claim: String) throws {
    for (offset, expected) in [(-1, nil), (60, nil), (61, TokenFailure.notYetValid(claim))] {
      let claims =
        #"{"sub":"42","exp":\#(Self.seconds + 600),"\#(claim)":\#(Self.seconds + offset)}"#
      #expect(try failure(claims) == expected)
    }
  }

  @Test func `no leeway is none`() throws {
    for (offset, expected) in [(1, nil), (0, TokenFailure.expired("exp"))] {
      let claims = #"{"sub":"42","exp":\#(Self.seconds + offset)}"#
      #expect(try failure(claims) { $0.leeway = .zero } == expected)
    }
  }

  @Test(arguments: [#""1""#, "null", "true", "{}", "[]", "-1", "1e300", "253402300800", "1e400"])
  func `a time that is none is refused`(time: String) throws {
    for claim in ["exp", "nbf", "iat", "expire_at"] {
      let other = claim == "exp" ? "" : #","exp":\#(Self.seconds + 60)"#
      #expect(try failure(#"{"sub":"42","\#(claim)":\#(time)\#(other)}"#) == .invalidClaim(claim))
    }
  }

  @Test func `a time may have a fraction`() throws {
    let token = try TokenBench.token(#"{"sub":"42","exp":1767225600.5,"iat":1.767e9}"#)
    let identity = try TokenBench.verifier().identity(of: token, at: TokenBench.now)
    #expect(identity.expiry == TokenBench.now + .milliseconds(60_500))
    #expect(identity.issued == Timestamp(milliseconds: 1_767_000_000_000))
  }

  @Test func `a token without an end is refused unless that is allowed`() throws {
    #expect(try failure(#"{"sub":"42"}"#) == .missingClaim("exp"))
    #expect(try failure(#"{"sub":"42"}"#) { $0.requiresExpiry = false } == nil)
    #expect(
      try failure(#"{"sub":"42"}"#) {
        ($0.requiresExpiry, $0.maximumLifetime) = (false, .seconds(60))
      } == .missingClaim("exp")
    )
  }

  @Test func `a token that is valid for too long is refused`() throws {
    for (offset, expected) in [(360, nil), (361, TokenFailure.lifetimeTooLong)] {
      let claims = #"{"sub":"42","exp":\#(Self.seconds + offset)}"#
      #expect(try failure(claims) { $0.maximumLifetime = .seconds(300) } == expected)
    }
  }

  @Test(arguments: [
    (#""iss":"https://a.example""#, nil),
    (#""iss":"https://a.example/""#, TokenFailure.wrongIssuer),
    (#""iss":"HTTPS://a.example""#, .wrongIssuer), (#""iss":"""#, .wrongIssuer),
    (#""iss":1"#, .invalidClaim("iss")), (#""iss":["https://a.example"]"#, .invalidClaim("iss")),
    (#""x":1"#, .missingClaim("iss")),
  ])
  func `the issuer is the one that is configured`(claim: String, expected: TokenFailure?) throws {
    let claims = #"{"sub":"42","exp":\#(Self.seconds + 60),\#(claim)}"#
    #expect(try failure(claims) { $0.issuer = "https://a.example" } == expected)
  }

  @Test func `names that look alike are not the same`() throws {
    let claims =
      "{\"sub\":\"42\",\"exp\":\(Self.seconds + 60),\"iss\":\"e\u{301}\",\"aud\":\"e\u{301}\"}"
    #expect(
      try failure(claims) { ($0.issuer, $0.audiences) = ("\u{E9}", ["e\u{301}"]) } == .wrongIssuer
    )
    #expect(try failure(claims) { $0.audiences = ["\u{E9}"] } == .wrongAudience)
    #expect(try failure(claims) { $0.audiences = ["e\u{301}"] } == nil)
  }

  @Test(arguments: [
    (#""aud":"app""#, nil), (#""aud":["other","app"]"#, nil),
    (#""aud":"app2""#, TokenFailure.wrongAudience),
    (#""aud":"ap""#, .wrongAudience), (#""aud":[]"#, .wrongAudience),
    (#""aud":["x"]"#, .wrongAudience),
    (#""aud":1"#, .invalidClaim("aud")), (#""aud":["app",1]"#, .invalidClaim("aud")),
    (#""aud":{"app":1}"#, .invalidClaim("aud")), (#""x":1"#, .missingClaim("aud")),
  ])
  func `the audience is among those that are configured`(
    claim: String,
    expected: TokenFailure?
  ) throws {
    let claims = #"{"sub":"42","exp":\#(Self.seconds + 60),\#(claim)}"#
    #expect(try failure(claims) { $0.audiences = ["first", "app"] } == expected)
  }

  @Test func `a token for somebody is refused by a server that is nobody`() throws {
    let claims = #"{"sub":"42","exp":\#(Self.seconds + 60),"aud":"app"}"#
    #expect(try failure(claims) == .wrongAudience)
  }

  @Test func `audiences are bounded`() throws {
    for (count, expected) in [(15, nil), (16, TokenFailure.invalidClaim("aud"))] {
      let others = String(repeating: #""x","#, count: count)
      let claims = #"{"sub":"42","exp":\#(Self.seconds + 60),"aud":[\#(others)"app"]}"#
      #expect(try failure(claims) { $0.audiences = ["app"] } == expected)
    }
  }

  @Test(arguments: [
    ("1", TokenFailure.invalidClaim("sub")), ("null", .invalidClaim("sub")),
    (#""a\nb""#, .invalidClaim("sub")), (#""\u0000""#, .invalidClaim("sub")),
    (#""""#, .missingClaim("sub")), (#""é""#, nil),
  ])
  func `a user is a text without control characters`(user: String, expected: TokenFailure?) throws {
    #expect(try failure(#"{"sub":\#(user),"exp":\#(Self.seconds + 60)}"#) == expected)
  }

  @Test func `names are of bounded length`() throws {
    for claim in ["sub", "jti", "sid", "iss"] {
      for (count, expected) in [(255, nil), (256, TokenFailure.invalidClaim(claim))] {
        let name = String(repeating: "n", count: count)
        let sub = claim == "sub" ? "" : #""sub":"42","#
        let claims = #"{\#(sub)"\#(claim)":"\#(name)","exp":\#(Self.seconds + 60)}"#
        #expect(try failure(claims) == expected)
      }
    }
  }

  @Test func `nobody is let in only where that is allowed`() throws {
    let claims = #"{"exp":\#(Self.seconds + 60)}"#
    #expect(try failure(claims) == .missingClaim("sub"))
    #expect(try failure(claims) { $0.allowsAnonymous = true } == nil)
  }

  @Test func `a connection ends when expire_at says so`() throws {
    func expiry(_ claim: String) throws -> Timestamp? {
      let token = try TokenBench.valid(claim)
      return try TokenBench.verifier().identity(of: token, at: TokenBench.now).expiry
    }
    #expect(try expiry("") == TokenBench.now + .seconds(3_660))
    #expect(try expiry(#""expire_at":\#(Self.seconds + 5)"#) == TokenBench.now + .seconds(65))
    #expect(try expiry(#""expire_at":0"#) == nil)
    #expect(
      try failure(#"{"sub":"42","exp":\#(Self.seconds + 60),"expire_at":\#(Self.seconds - 60)}"#)
        == .expired("expire_at")
    )
  }
}
