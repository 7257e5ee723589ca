// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams

// What topics are like, as the configuration says it in one place.
extension ConfigurationReader {
  private static let topicFields = [
    "maximumCount", "maximumBytes", "durable", "allow", "presence", "joinLeave", "maximumRecovery",
    "types", "table",
  ]

  /// Reads what is said of the topics of a pattern.
  static func topicRule(
    _ pattern: String,
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> Configuration.TopicRule {
    var rule = Configuration.TopicRule(pattern: pattern)
    try members(of: view, path) { (name, value) throws(ConfigurationViolation) in
      let field = "\(path).\(name)"
      switch name {
      case "maximumCount": rule.retention.maximumCount = try number(value, field, 2...100_000_000)
      case "maximumBytes":
        rule.retention.maximumBytes = try number(value, field, 65_536...(1 << 40))
      case "durable": rule.storage = try storageRules(value, field)
      case "allow": try readGrants(value, field, into: &rule.channel)
      case "presence": rule.channel.hasPresence = try bool(value, field)
      case "joinLeave": rule.channel.tellsJoins = try bool(value, field)
      case "types": rule.channel.types = try typeCheck(value, field)
      case "table": break
      case "maximumRecovery":
        rule.channel.maximumRecovery = try number(value, field, 0...100_000)
      default: throw unknown(field, topicFields)
      }
    }
    // Its bounds depend on the others', which may stand behind it.
    if let view = view["table"] {
      rule.table = try tableSettings(view, "\(path).table", rule.retention)
    }
    if rule.channel.tellsJoins, !rule.channel.hasPresence {
      throw ConfigurationViolation(
        field: "\(path).joinLeave",
        detail: "tells of those who are present: set \"presence\" too"
      )
    }
    return rule
  }

  /// Reads who may do what: `everybody` and `users`, each a list of permissions.
  private static func readGrants(
    _ view: JSONView,
    _ path: String,
    into rules: inout ChannelRules
  ) throws(ConfigurationViolation) {
    try members(of: view, path) { (name, value) throws(ConfigurationViolation) in
      let field = "\(path).\(name)"
      switch name {
      case "everybody": rules.everybody = try permissions(value, field)
      case "users": rules.users = try permissions(value, field)
      default: throw unknown(field, ["everybody", "users"])
      }
    }
  }

  private static func permissions(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> ChannelPermissions {
    var permissions: ChannelPermissions = []
    for name in try strings(view, path) {
      guard let permission = ChannelPermissions(named: name) else {
        throw ConfigurationViolation(
          field: path,
          detail: "'\(name)' is no permission; there are sub, pub, prs, hst and hold"
        )
      }
      permissions.formUnion(permission)
    }
    return permissions
  }

  private static func typeCheck(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> EventTypeCheck {
    switch view.string {
    case "any": return .unchecked
    case "checked": return .checked
    case "registered": return .registered
    default:
      throw ConfigurationViolation(
        field: path,
        detail: "expected \"any\", \"checked\" or \"registered\""
      )
    }
  }

  /// Reads the types of events, by name.
  static func eventTypes(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> EventTypeRegistry {
    do throws(SchemaViolation) { return try EventTypeRegistry(json: view) } catch {
      throw ConfigurationViolation(field: path, detail: "\(error)")
    }
  }

  /// Reads where the keys of the server's API are.
  static func apiKeys(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> [APIKeySource] {
    var sources: [APIKeySource] = []
    for (index, element) in try elements(view, path).enumerated() {
      let field = "\(path)[\(index)]"
      try members(of: element, field) { (name, value) throws(ConfigurationViolation) in
        switch name {
        case "file": sources.append(.file(try self.path(value, "\(field).file")))
        case "variable": sources.append(.variable(try string(value, "\(field).variable")))
        default: throw unknown("\(field).\(name)", ["file", "variable"])
        }
      }
    }
    guard sources.count <= APIKeySource.maximumCount else {
      throw ConfigurationViolation(
        field: path,
        detail: "give at most \(APIKeySource.maximumCount)"
      )
    }
    return sources
  }

  private static let chainFields = [
    "lingering", "maximumTopics", "maximumStateBytes", "maximumTopicsOfClient",
    "maximumStateBytesOfClient", "maximumReplay", "recoveryWait",
  ]

  /// Reads what chains inside subscriptions may take.
  static func chains(_ view: JSONView) throws(ConfigurationViolation) -> DerivedTopicSettings {
    var settings = DerivedTopicSettings()
    try members(of: view, "chains") { (name, value) throws(ConfigurationViolation) in
      let field = "chains.\(name)"
      switch name {
      case "lingering": settings.lingering = try duration(value, field)
      case "maximumTopics": settings.maximumTopics = try number(value, field, 1...1_000_000)
      case "maximumStateBytes":
        settings.maximumStateBytes = try number(value, field, (1 << 20)...(1 << 45))
      case "maximumTopicsOfClient":
        settings.maximumTopicsOfClient = try number(value, field, 1...1_000_000)
      case "maximumStateBytesOfClient":
        settings.maximumStateBytesOfClient = try number(value, field, (1 << 20)...(1 << 45))
      case "maximumReplay":
        settings.maximumReplay = UInt64(try number(value, field, 0...(1 << 40)))
      case "recoveryWait": settings.recoveryWait = try duration(value, field)
      default:
        throw unknown(field, chainFields)
      }
    }
    return settings
  }
}
