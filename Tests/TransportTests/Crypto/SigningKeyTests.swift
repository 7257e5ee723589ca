// SPDX-License-Identifier: Apache-2.0
import TestCertificates
import Testing

@testable import Transport

@Suite struct SigningKeyTests {
  @Test(arguments: [
    (PublishedKeys.rsaPrivate, PublishedKeys.rsaPublic, 256),
    (PublishedKeys.p256Private, PublishedKeys.p256Public, 64),
    (PublishedKeys.ed25519Private, PublishedKeys.ed25519Public, 64),
  ])
  func `what is signed can be verified`(pem: String, publicPEM: String, byteCount: Int) throws {
    let key = try SigningKey(pem: Array(pem.utf8))
    let verifier = try VerificationKey(pem: Array(publicPEM.utf8))
    #expect(key.algorithm == verifier.algorithm)
    // Often enough that numbers of ECDSA with a zero in front are among them.
    for number in 0..<300 {
      let message = Array("message \(number)".utf8)
      let signature = key.sign(message)
      #expect(signature.count == byteCount)
      #expect(verifier.isSignature(signature, of: message[...]))
      if key.algorithm != .es256 { break }
    }
  }

  @Test func `signatures that do not depend on chance are those of the RFCs`() throws {
    for (key, token) in [
      (try SigningKey(secret: Vectors.bytes(PublishedTokens.hs256Secret)), PublishedTokens.hs256),
      (try SigningKey(pem: Array(PublishedKeys.rsaPrivate.utf8)), PublishedTokens.rs256),
      (try SigningKey(pem: Array(PublishedKeys.ed25519Private.utf8)), PublishedTokens.edDSA),
    ] {
      let (message, signature) = Vectors.parts(token)
      #expect(key.sign(message) == signature)
    }
  }

  @Test(arguments: ["", "secret", PublishedKeys.rsaPublic, PublishedKeys.p256Public])
  func `what is no private key is refused`(pem: String) {
    #expect(throws: KeyFault.self) { try SigningKey(pem: Array(pem.utf8)) }
  }

  @Test func `a short secret does not sign either`() {
    #expect(throws: KeyFault.self) { try SigningKey(secret: [1, 2, 3]) }
  }
}
