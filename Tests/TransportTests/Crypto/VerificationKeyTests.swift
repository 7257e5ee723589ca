// SPDX-License-Identifier: Apache-2.0
import TestCertificates
import Testing

@testable import Transport

@Suite struct VerificationKeyTests {
  @Test func `the signatures of the RFCs are good, each with its own key alone`() throws {
    let all = try Vectors.all()
    for (index, (key, token)) in all.enumerated() {
      let (message, signature) = Vectors.parts(token)
      #expect(key.isSignature(signature, of: message[...]))
      for (other, pair) in all.enumerated() where other != index {
        #expect(!pair.key.isSignature(signature, of: message[...]))
      }
    }
    #expect(all.map(\.key.algorithm) == [.hs256, .rs256, .es256, .edDSA])
  }

  @Test func `a bit of a signature that is another makes it wrong`() throws {
    for (key, token) in try Vectors.all() {
      let (message, signature) = Vectors.parts(token)
      for bit in 0..<signature.count * 8 {
        var changed = signature
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(!key.isSignature(changed, of: message[...]), "\(key.algorithm), bit \(bit)")
      }
    }
  }

  @Test func `a bit of a message that is another makes the signature wrong`() throws {
    for (key, token) in try Vectors.all() {
      let (message, signature) = Vectors.parts(token)
      for bit in stride(from: 0, to: message.count * 8, by: 7) {
        var changed = message
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(!key.isSignature(signature, of: changed[...]))
      }
      #expect(!key.isSignature(signature, of: message.dropLast()))
      #expect(!key.isSignature(signature, of: (message + [0])[...]))
      #expect(!key.isSignature(signature, of: []))
    }
  }

  @Test func `a signature of another length is wrong`() throws {
    for (key, token) in try Vectors.all() {
      let (message, signature) = Vectors.parts(token)
      for count in 0..<signature.count {
        #expect(!key.isSignature(Array(signature.prefix(count)), of: message[...]))
        #expect(!key.isSignature(Array(signature.suffix(count)), of: message[...]))
      }
      for more in [[0], [0, 0], signature] {
        #expect(!key.isSignature(signature + more, of: message[...]))
        #expect(!key.isSignature(more + signature, of: message[...]))
      }
    }
  }

  @Test func `the form that OpenSSL writes is no signature of a token`() throws {
    let (message, signature) = Vectors.parts(PublishedTokens.es256)
    let der = try #require(ECDSASignature.der(signature))
    #expect(try !Vectors.es256().isSignature(der, of: message[...]))
  }

  @Test func `zero, the order, and a half beyond it are no numbers of a signature`() throws {
    let key = try Vectors.es256()
    let (message, signature) = Vectors.parts(PublishedTokens.es256)
    let (r, s) = (Array(signature[..<32]), Array(signature[32...]))
    let zero = [UInt8](repeating: 0, count: 32)
    let order = Vectors.p256Order
    for wrong in [
      zero + zero, zero + s, r + zero, order + s, r + order, order + order,
      [UInt8](repeating: 255, count: 64), s + r,
    ] {
      #expect(!key.isSignature(wrong, of: message[...]))
    }
  }

  /// ECDSA allows both (RFC 7518 §3.4 asks for neither), and half of all signers write the larger:
  /// so tokens are told apart by what they say, never by their text.
  @Test func `the other signature that follows from one of ECDSA is as good`() throws {
    let (message, signature) = Vectors.parts(PublishedTokens.es256)
    let other =
      signature[..<32] + Vectors.difference(Vectors.p256Order, Array(signature[32...]))
    #expect(Array(other) != signature)
    #expect(try Vectors.es256().isSignature(Array(other), of: message[...]))
  }

  @Test func `the other signature that follows from one of Ed25519 is refused`() throws {
    let (message, signature) = Vectors.parts(PublishedTokens.edDSA)
    let number = Array(signature[32...].reversed())
    let other = signature[..<32] + Vectors.sum(number, Vectors.ed25519Order).reversed()
    #expect(try !Vectors.edDSA().isSignature(Array(other), of: message[...]))
  }

  @Test func `keys in PEM form are those of the numbers`() throws {
    let pairs = [
      (PublishedKeys.rsaPublic, PublishedTokens.rs256),
      (PublishedKeys.p256Public, PublishedTokens.es256),
      (PublishedKeys.ed25519Public, PublishedTokens.edDSA),
    ]
    for (pem, token) in pairs {
      let (message, signature) = Vectors.parts(token)
      let key = try VerificationKey(pem: Array(pem.utf8))
      #expect(key.isSignature(signature, of: message[...]))
    }
  }

  @Test(arguments: [
    "", "secret", PublishedKeys.rsaPrivate, PublishedKeys.p256Private, PublishedKeys.p384Public,
    PublishedKeys.shortRSAPublic, String(PublishedKeys.rsaPublic.prefix(200)),
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
  ])
  func `what is no public key that is used is refused`(pem: String) {
    #expect(throws: KeyFault.self) { try VerificationKey(pem: Array(pem.utf8)) }
  }

  @Test func `a private key in the place of a public one is named as such`() {
    let fault = #expect(throws: KeyFault.self) {
      try VerificationKey(pem: Array(PublishedKeys.ed25519Private.utf8))
    }
    #expect(fault?.detail == "a private key, where its public half belongs")
  }

  @Test func `a secret has 32 to 4096 bytes`() throws {
    for count in [32, 4_096] {
      _ = try VerificationKey(secret: [UInt8](repeating: 7, count: count))
    }
    for count in [0, 1, 31, 4_097] {
      #expect(throws: KeyFault.self) {
        try VerificationKey(secret: [UInt8](repeating: 7, count: count))
      }
    }
  }

  @Test(arguments: [PublishedKeys.rsaPublic, " \n" + PublishedKeys.p256Public])
  func `a public key is no secret`(pem: String) {
    #expect(throws: KeyFault.self) { try VerificationKey(secret: Array(pem.utf8)) }
  }

  @Test func `numbers that are no key are refused`() {
    let modulus = Vectors.bytes(PublishedTokens.rsaModulus)
    let even = modulus.dropLast() + [modulus[255] - 1]
    let wrong: [(modulus: [UInt8], exponent: [UInt8])] = [
      (modulus, []), (modulus, [0]), (modulus, [1]), (modulus, [2]), (modulus, [0, 1]),
      (modulus, [UInt8](repeating: 255, count: 9)), (Array(even), [1, 0, 1]), ([], [1, 0, 1]),
      (Array(modulus.prefix(128)), [1, 0, 1]), (Array(modulus.prefix(255)), [1, 0, 1]),
      ([UInt8](repeating: 255, count: 1_025), [1, 0, 1]),
    ]
    for (modulus, exponent) in wrong {
      #expect(throws: KeyFault.self) {
        try VerificationKey(rsaModulus: modulus, exponent: exponent)
      }
    }
  }

  @Test func `a point that is not on the curve is refused`() throws {
    let (x, y) = (Vectors.bytes(PublishedTokens.p256X), Vectors.bytes(PublishedTokens.p256Y))
    let zero = [UInt8](repeating: 0, count: 32)
    let negative = Vectors.difference(Vectors.p256Prime, y)
    _ = try VerificationKey(p256X: x, y: negative)
    for (x, y) in [
      (y, x), (zero, zero), (x, zero), (Array(x.dropLast()), y), (x, y + [0]),
      ([UInt8](repeating: 255, count: 32), y), (x, Array(y.dropLast()) + [y[31] ^ 1]),
    ] {
      #expect(throws: KeyFault.self) { try VerificationKey(p256X: x, y: y) }
    }
  }

  @Test func `a key of Ed25519 has 32 bytes`() {
    for count in [0, 31, 33, 64] {
      #expect(throws: KeyFault.self) {
        try VerificationKey(ed25519: [UInt8](repeating: 1, count: count))
      }
    }
  }

  @Test func `no key is printed`() throws {
    let secret = Array("a secret that nobody shall ever read".utf8)
    let keys: [Any] = [
      try VerificationKey(secret: secret), try SigningKey(secret: secret),
      try SigningKey(pem: Array(PublishedKeys.p256Private.utf8)),
    ]
    for key in keys {
      var dumped = ""
      dump(key, to: &dumped)
      for text in ["\(key)", String(reflecting: key), dumped] {
        #expect(!text.contains("97, ") && !text.contains("secret that") && text.contains("256"))
      }
    }
  }

  @Test func `many threads verify with one key`() async throws {
    let all = try Vectors.all()
    await withTaskGroup { group in
      for number in 0..<64 {
        group.addTask {
          let (key, token) = all[number % all.count]
          let (message, signature) = Vectors.parts(token)
          return key.isSignature(signature, of: message[...])
        }
      }
      for await isGood in group { #expect(isGood) }
    }
  }
}
