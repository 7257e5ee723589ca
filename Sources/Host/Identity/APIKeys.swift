// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Synchronization
import Transport

/// Where a key of the server's API is; never on a command line, where others see it.
public enum APIKeySource: Hashable, Sendable {
  /// A file; a line break at its end is no part of the key.
  case file(String)
  /// A variable of the environment.
  case variable(String)

  /// The most keys of one server.
  public static let maximumCount = 16

  /// What it is called in messages.
  var name: String {
    switch self {
    case .file(let path): path
    case .variable(let name): "the variable \(name)"
    }
  }
}

/// The keys that allow everything, as digests: whoever sees the memory can't use them.
public struct APIKeys: Sendable {
  /// Why a source gives no key; never what it holds.
  public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The source, what is wrong and what helps.
    public let description: String
  }

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
  /// - Throws: ``Failure`` of the first source that gives none.
  public init(
    _ sources: [APIKeySource],
    environment: [String: String] = [:]
  ) throws(Failure) {
    var digests: [[UInt8]] = []
    for source in sources {
      let key = try Self.read(source, environment)
      guard Self.lengths.contains(key.count) else {
        throw Failure(
          description: "\(source.name): an API key has \(Self.lengths.lowerBound) to "
            + "\(Self.lengths.upperBound) bytes: make one with openssl rand -hex 32"
        )
      }
      digests.append(Digest.sha256(key))
    }
    self.digests = digests
  }

  private static func read(
    _ source: APIKeySource,
    _ environment: [String: String]
  ) throws(Failure) -> [UInt8] {
    switch source {
    case .variable(let name):
      guard let value = environment[name] else {
        throw Failure(description: "\(source.name): it is not set: set it, or name another")
      }
      return Array(value.utf8)
    case .file(let path):
      guard let data = try? Data(contentsOf: URL(filePath: path)) else {
        throw Failure(description: "\(path): it can't be read: put an API key there")
      }
      return data.reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        .reversed()
    }
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
