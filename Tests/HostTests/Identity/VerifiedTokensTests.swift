// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Testing
import Transport

@testable import Host

@Suite struct VerifiedTokensTests {
  private func claims(_ text: String) throws -> JSONView { try JSONView.parse(Array(text.utf8)) }

  @Test func `a token is known for the keys that verified it`() throws {
    let tokens = VerifiedTokens()
    tokens.insert([1], try claims("{}"), generation: 3)
    #expect(tokens.claims([1], generation: 3) != nil)
    #expect(tokens.claims([1], generation: 4) == nil)
    #expect(tokens.claims([2], generation: 3) == nil)
    tokens.insert([1], try claims("{}"), generation: 4)
    #expect(tokens.claims([1], generation: 4) != nil && tokens.count == 1)
  }

  @Test func `the oldest is forgotten when it is full`() throws {
    let tokens = VerifiedTokens(capacity: 3)
    for number in UInt8(0)..<10 {
      tokens.insert([number], try claims("{}"), generation: 1)
      #expect(tokens.count == min(Int(number) + 1, 3))
    }
    for number in UInt8(0)..<10 {
      #expect((tokens.claims([number], generation: 1) != nil) == (number >= 7))
    }
  }

  @Test func `a token that is known expires all the same`() throws {
    let verifier = try TokenBench.verifier()
    let token = try TokenBench.valid()
    #expect(verifier.failure(of: token) == nil)
    #expect(verifier.failure(of: token) == nil)
    let after = TokenBench.now + .seconds(3_660)
    #expect(verifier.failure(of: token, at: after) == .expired("exp"))
  }

  @Test func `a token that is known is refused once its key is gone`() throws {
    let ring = KeyRing([.init(id: nil, key: try TokenBench.key(.hs256))])
    let verifier = TokenVerifier(keys: ring, policy: TokenPolicy())
    let token = try TokenBench.valid()
    #expect(verifier.failure(of: token) == nil)
    let other = try VerificationKey(secret: TokenBench.secret + [1])
    ring.replace(0, with: [.init(id: nil, key: other)])
    #expect(verifier.failure(of: token) == .badSignature)
    ring.replace(0, with: [])
    #expect(verifier.failure(of: token) == .noKeys)
  }

  @Test func `a token that was refused is not known`() throws {
    let verifier = try TokenBench.verifier()
    let token = try TokenBench.token(#"{"sub":"42","exp":\#(TokenBench.seconds + 60)}"#, .es256)
    #expect(verifier.failure(of: token) == .algorithmNotAllowed)
    #expect(verifier.failure(of: token) == .algorithmNotAllowed)
  }
}
