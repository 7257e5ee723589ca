// SPDX-License-Identifier: Apache-2.0
import Transport

/// Where a key of the server's API is; never on a command line, where others see it.
public enum APIKeySource: Hashable, Sendable {
  /// A file; a line break at its end is no part of the key.
  case file(String)
  /// A variable of the environment.
  case variable(String)

  /// The most keys of one server.
  public static let maximumCount = 16

  /// The same as a source of a secret.
  var secret: KeySource {
    switch self {
    case .file(let path): .secretFile(path: path, id: nil)
    case .variable(let name): .secretVariable(name: name, id: nil)
    }
  }
}

/// The keys that allow everything, as digests: whoever sees the memory can't use them.
public struct APIKeys: Sendable {
  /// How long a key is, in bytes: what is shorter can be guessed.
  static let lengths = 16...1_024

  /// No keys.
  public static let none = APIKeys()

  private let digests: [[UInt8]]

  private init() { digests = [] }

  /// Whether there is none.
  public var isEmpty: Bool { digests.isEmpty }

  /// Reads the keys.
  ///
  /// - Parameters:
  ///   - sources: Where they are.
  ///   - environment: The variables of the environment.
  /// - Throws: ``KeySourceFailure`` of the first source that gives none.
  public init(
    _ sources: [APIKeySource],
    environment: [String: String] = [:]
  ) throws(KeySourceFailure) {
    var digests: [[UInt8]] = []
    for source in sources.map(\.secret) {
      let text = try KeyReading.text(of: source, environment: environment)
      let key = KeyReading.secretBytes(text)
      guard Self.lengths.contains(key.count) else {
        throw KeySourceFailure(
          source,
          "an API key has \(Self.lengths.lowerBound) to \(Self.lengths.upperBound) bytes",
          remedy: "make one with openssl rand -hex 32"
        )
      }
      digests.append(Digest.sha256(key))
    }
    self.digests = digests
  }

  /// Whether a text is one of them.
  ///
  /// Digests are compared, all of them to their ends, so the time tells nothing of a key.
  public func contains(_ text: String) -> Bool {
    let digest = Digest.sha256(Array(text.utf8))
    return digests.reduce(false) { found, known in
      let difference = zip(known, digest).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
      return found || difference == 0
    }
  }
}
