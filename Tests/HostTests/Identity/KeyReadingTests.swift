// SPDX-License-Identifier: Apache-2.0
import Codecs
import TestCertificates
import Testing
import Transport

@testable import Host

@Suite struct KeyReadingTests {
  private func load(
    _ source: KeySource,
    _ environment: [String: String] = [:]
  ) throws(KeySourceFailure) -> LoadedKeys {
    try KeyReading.load(source, environment: environment)
  }

  private func failure(
    _ source: KeySource,
    _ environment: [String: String] = [:]
  ) -> KeySourceFailure? {
    do throws(KeySourceFailure) {
      _ = try load(source, environment)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["", "\n", "\r\n"])
  func `a secret comes out of a file, without the break at its end`(end: String) throws {
    let files = try KeyFiles()
    let path = try files.write(TokenBench.secret + Array(end.utf8), to: "secret")
    let loaded = try load(.secretFile(path: path, id: "k"))
    #expect(loaded.entries.count == 1 && loaded.entries[0].id == "k")
    let message = Array("message".utf8)
    let signature = try TokenBench.signingKey(.hs256).sign(message)
    #expect(loaded.entries[0].key.isSignature(signature, of: message[...]))
  }

  @Test func `a secret comes out of the environment`() throws {
    let secret = String(decoding: TokenBench.secret, as: UTF8.self)
    let source = KeySource.secretVariable(name: "TOKEN_SECRET", id: nil)
    #expect(try load(source, ["TOKEN_SECRET": secret]).entries[0].key.algorithm == .hs256)
    #expect(failure(source)?.detail == "is not set")
    let short = failure(source, ["TOKEN_SECRET": "hunter2"])
    #expect(short?.source == "the variable TOKEN_SECRET")
    #expect(short.map { !"\($0)".contains("hunter2") } == true)
  }

  @Test(arguments: [
    (PublishedKeys.rsaPublic, SignatureAlgorithm.rs256), (PublishedKeys.p256Public, .es256),
    (PublishedKeys.ed25519Public, .edDSA),
  ])
  func `a public key comes out of a file`(pem: String, algorithm: SignatureAlgorithm) throws {
    let files = try KeyFiles()
    let path = try files.write(pem.utf8, to: "key.pem")
    #expect(try load(.publicKeyFile(path: path, id: nil)).entries[0].key.algorithm == algorithm)
    #expect(failure(.secretFile(path: path, id: nil)) != nil)
  }

  @Test func `a key set comes out of a file, and what it can't use is counted`() throws {
    let files = try KeyFiles()
    let set = TokenBench.keySet([(.rs256, "r"), (.es256, "e"), (.edDSA, "d"), (.hs256, "h")])
    let more = #","more":[]}"#
    let path = try files.write(set.dropLast() + Array(more.utf8), to: "keys.json")
    let loaded = try load(.keySetFile(path: path))
    #expect(loaded.entries.map(\.id) == ["r", "e", "d", "h"])
    #expect(loaded.entries.map(\.key.algorithm) == [.rs256, .es256, .edDSA, .hs256])
    #expect(loaded.skippedCount == 0)
  }

  /// RFC 7517 appendix A.1: the first key is for encryption.
  @Test func `of the RFC's set the key that signs is used`() throws {
    let files = try KeyFiles()
    let path = try files.write(PublishedTokens.keySet.utf8, to: "keys.json")
    let loaded = try load(.keySetFile(path: path))
    #expect(loaded.entries.map(\.id) == ["2011-04-29"] && loaded.skippedCount == 1)
  }

  @Test func `a set without a key that can be used is refused`() throws {
    let files = try KeyFiles()
    for text in [
      #"{"keys":[]}"#, #"{"keys":[{"kty":"PQ"}]}"#, #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#,
      #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#, "{}", "", "[",
    ] {
      let path = try files.write(text.utf8, to: "keys.json")
      #expect(failure(.keySetFile(path: path)) != nil, "\(text)")
    }
  }

  @Test func `a secret never comes from a URL`() {
    let set = TokenBench.keySet([(.hs256, "h")])
    let source = KeySource.keySetURL("https://a.example/keys")
    #expect(throws: KeySourceFailure.self) { try KeyReading.keySet(set, of: source) }
    let both = TokenBench.keySet([(.hs256, "h"), (.es256, "e")])
    let loaded = try? KeyReading.keySet(both, of: source)
    #expect(loaded?.entries.map(\.id) == ["e"] && loaded?.skippedCount == 1)
  }

  @Test func `what is no file of keys is refused`() throws {
    let files = try KeyFiles()
    let long = [UInt8](repeating: 0x20, count: JSONWebKeySet.maximumBytes + 1)
    let path = try files.write(long, to: "long")
    for path in [path, files.path("none"), files.path(""), "/dev/zero"] {
      for source in [
        KeySource.secretFile(path: path, id: nil), .publicKeyFile(path: path, id: nil),
        .keySetFile(path: path),
      ] {
        #expect(failure(source)?.source == path)
      }
    }
  }
}
