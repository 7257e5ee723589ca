// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

/// The keys that options of `weir token` and `weir verify` name.
enum TokenKeys {
  /// The one key that signs.
  static func signingKey(
    _ arguments: ParsedArguments,
    _ environment: [String: String]
  ) throws(CommandFailure) -> SigningKey {
    let given = ["secret-file", "secret-variable", "key"].filter { arguments.has($0) }
    guard given.count == 1, let option = given.first, let value = arguments[option] else {
      throw .misuse(
        given.isEmpty ? "there is no key to sign with" : "there are several keys to sign with",
        remedy: "give one of --secret-file, --secret-variable and --key"
      )
    }
    let key: SigningKey
    do {
      key = try signingKey(option, value, environment)
    } catch {
      throw .failure("--\(option): \(error.source) \(error.detail)", remedy: error.remedy)
    }
    if let name = arguments["algorithm"], SignatureAlgorithm(named: name) != key.algorithm {
      throw .misuse(
        "the key is for \(key.algorithm.rawValue), not for '\(name)'",
        remedy: "leave --algorithm out, or give a key that is for it"
      )
    }
    return key
  }

  private static func signingKey(
    _ option: String,
    _ value: String,
    _ environment: [String: String]
  ) throws(KeySourceFailure) -> SigningKey {
    switch option {
    case "secret-variable":
      let source = KeySource.secretVariable(name: value, id: nil)
      return try key(of: source) { () throws(KeyFault) in
        guard let text = environment[value] else {
          throw KeyFault("is not set", remedy: "set it, or name another")
        }
        return try SigningKey(secret: KeyReading.secretBytes(Array(text.utf8)))
      }
    case "secret-file":
      let source = KeySource.secretFile(path: value, id: nil)
      let text = try KeyFile.read(value, of: source)
      return try key(of: source) { () throws(KeyFault) in
        try SigningKey(secret: KeyReading.secretBytes(text))
      }
    default:
      let source = KeySource.publicKeyFile(path: value, id: nil)
      let text = try KeyFile.read(value, of: source)
      return try key(of: source) { () throws(KeyFault) in try SigningKey(pem: text) }
    }
  }

  private static func key(
    of source: KeySource,
    _ make: () throws(KeyFault) -> SigningKey
  ) throws(KeySourceFailure) -> SigningKey {
    do throws(KeyFault) {
      return try make()
    } catch {
      throw KeySourceFailure(source, error.detail, remedy: error.remedy)
    }
  }

  /// Where the keys that verify come from.
  static func sources(_ arguments: ParsedArguments) throws(CommandFailure) -> [KeySource] {
    let sources =
      arguments.all("secret-file").map { KeySource.secretFile(path: $0, id: nil) }
      + arguments.all("secret-variable").map { KeySource.secretVariable(name: $0, id: nil) }
      + arguments.all("key").map { KeySource.publicKeyFile(path: $0, id: nil) }
      + arguments.all("jwks").map { KeySource.keySetFile(path: $0) }
      + arguments.all("jwks-url").map { KeySource.keySetURL($0) }
    guard (1...KeySource.maximumCount).contains(sources.count) else {
      throw .misuse(
        sources.isEmpty ? "there are no keys to verify with" : "there are too many keys",
        remedy: "give --secret-file, --secret-variable, --key, --jwks or --jwks-url"
      )
    }
    return sources
  }
}
