// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

// Who clients are, as the configuration says it.
extension ConfigurationReader {
  private static let identityFields = [
    "keys", "issuer", "audience", "type", "leeway", "requiresExpiry", "maximumLifetime",
    "allowsAnonymous",
  ]
  private static let keyFields = [
    "secretFile", "secretVariable", "publicKeyFile", "keySetFile", "keySetURL", "id",
  ]

  /// Reads an object with `keys`, a list of sources, and what tokens must say.
  static func identity(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> IdentitySettings {
    var settings = IdentitySettings(sources: [])
    try members(of: view, path) { (name, value) throws(ConfigurationViolation) in
      let field = "\(path).\(name)"
      switch name {
      case "keys": settings.sources = try keySources(value, field)
      case "issuer": settings.policy.issuer = try name255(value, field)
      case "audience": settings.policy.audiences = try audiences(value, field)
      case "type": settings.policy.type = try name255(value, field)
      case "leeway":
        settings.policy.leeway = try duration(value, field)
        guard settings.policy.leeway <= TokenPolicy.maximumLeeway else {
          throw ConfigurationViolation(field: field, detail: "give at most \"5m\"")
        }
      case "requiresExpiry": settings.policy.requiresExpiry = try bool(value, field)
      case "maximumLifetime": settings.policy.maximumLifetime = try duration(value, field)
      case "allowsAnonymous": settings.policy.allowsAnonymous = try bool(value, field)
      default: throw unknown(field, identityFields)
      }
    }
    guard !settings.sources.isEmpty else {
      throw ConfigurationViolation(
        field: "\(path).keys",
        detail: "is missing: without a key no token is valid"
      )
    }
    return settings
  }

  private static func name255(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> String {
    let text = try string(view, path)
    guard (1...TokenClaims.maximumNameBytes).contains(text.utf8.count) else {
      throw ConfigurationViolation(field: path, detail: "expected a string of 1 to 255 bytes")
    }
    return text
  }

  private static func audiences(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> [String] {
    if view.string != nil { return [try name255(view, path)] }
    var names: [String] = []
    for element in try elements(view, path) { names.append(try name255(element, path)) }
    guard names.count <= TokenClaims.maximumAudienceCount else {
      throw ConfigurationViolation(
        field: path,
        detail: "give at most \(TokenClaims.maximumAudienceCount)"
      )
    }
    return names
  }

  static func elements(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> [JSONView] {
    guard view.kind == .array else {
      throw ConfigurationViolation(field: path, detail: "expected an array")
    }
    return view.elements
  }

  private static func keySources(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> [KeySource] {
    var sources: [KeySource] = []
    for (index, element) in try elements(view, path).enumerated() {
      sources.append(try keySource(element, "\(path)[\(index)]"))
    }
    guard sources.count <= KeySource.maximumCount else {
      throw ConfigurationViolation(field: path, detail: "give at most \(KeySource.maximumCount)")
    }
    return sources
  }

  private static func keySource(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> KeySource {
    var texts: [String: String] = [:]
    try members(of: view, path) { (name, value) throws(ConfigurationViolation) in
      guard keyFields.contains(name) else { throw unknown("\(path).\(name)", keyFields) }
      let isPath = name.hasSuffix("File")
      let field = "\(path).\(name)"
      texts[name] = try isPath ? self.path(value, field) : name255(value, field)
    }
    let id = texts.removeValue(forKey: "id")
    guard texts.count == 1, let (kind, text) = texts.first else {
      let kinds = keyFields.dropLast().joined(separator: ", ")
      throw ConfigurationViolation(field: path, detail: "give one of \(kinds)")
    }
    switch kind {
    case "secretFile": return .secretFile(path: text, id: id)
    case "secretVariable": return .secretVariable(name: text, id: id)
    case "publicKeyFile": return .publicKeyFile(path: text, id: id)
    default: break
    }
    guard id == nil else {
      throw ConfigurationViolation(field: "\(path).id", detail: "the keys of a set have names")
    }
    return kind == "keySetFile" ? .keySetFile(path: text) : try keySetURL(text, "\(path).\(kind)")
  }

  private static func keySetURL(
    _ text: String,
    _ path: String
  ) throws(ConfigurationViolation) -> KeySource {
    guard HTTPKeyFetcher.allows(text) else {
      throw ConfigurationViolation(
        field: path,
        detail: "give an https:// URL, or an http:// URL of this machine"
      )
    }
    return .keySetURL(text)
  }
}
