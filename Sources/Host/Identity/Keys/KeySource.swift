// SPDX-License-Identifier: Apache-2.0

/// Where keys come from; a secret never from a URL or a command line, where others see it.
public enum KeySource: Hashable, Sendable {
  /// A file with a secret for HS256; a line break at its end is no part of it.
  case secretFile(path: String, id: String?)
  /// A variable of the environment with a secret for HS256; it is read once.
  case secretVariable(name: String, id: String?)
  /// A file with a public key in PEM form.
  case publicKeyFile(path: String, id: String?)
  /// A file with a key set (RFC 7517).
  case keySetFile(path: String)
  /// A URL of a key set: `https`, or `http` on this machine.
  case keySetURL(String)

  /// The most sources of one server.
  public static let maximumCount = 16

  /// The file that has to be watched.
  var path: String? {
    switch self {
    case .secretFile(let path, _), .publicKeyFile(let path, _), .keySetFile(let path): path
    case .secretVariable, .keySetURL: nil
    }
  }

  /// The URL that has to be asked.
  var url: String? {
    if case .keySetURL(let url) = self { url } else { nil }
  }

  /// What the source is called in messages.
  var name: String {
    switch self {
    case .secretFile(let path, _), .publicKeyFile(let path, _), .keySetFile(let path): path
    case .secretVariable(let name, _): "the variable \(name)"
    // What else a URL has may be secret.
    case .keySetURL(let url):
      url.contains("@") ? "a URL" : String(url.prefix { $0 != "?" && $0 != "#" })
    }
  }
}

extension KeySource {
  /// The member of the configuration that names it, `file` and `variable` where that names API keys.
  fileprivate func member(isAPIKey: Bool) -> String {
    switch self {
    case .secretFile: isAPIKey ? "file" : "secretFile"
    case .secretVariable: isAPIKey ? "variable" : "secretVariable"
    case .publicKeyFile: "publicKeyFile"
    case .keySetFile: "keySetFile"
    case .keySetURL: "keySetURL"
    }
  }
}

extension ConfigurationViolation {
  /// Says which field names the source at fault.
  init(_ failure: KeySourceFailure, of sources: [KeySource], under path: String) {
    let index = sources.firstIndex { $0.name == failure.source }
    let member = index.map { sources[$0].member(isAPIKey: path == "apiKeys") }
    self.init(
      field: index.map { "\(path)[\($0)].\(member ?? "")" } ?? path,
      detail: failure.description
    )
  }
}

/// Why a source gives no keys; never what it holds.
public struct KeySourceFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the source is called.
  public let source: String
  /// What is wrong with it, without a full stop.
  public let detail: String
  /// What helps.
  public let remedy: String

  /// One line: the source, what is wrong and what helps.
  public var description: String { "\(source): \(detail): \(remedy)" }

  init(_ source: KeySource, _ detail: String, remedy: String) {
    (self.source, self.detail, self.remedy) = (source.name, detail, remedy)
  }
}
