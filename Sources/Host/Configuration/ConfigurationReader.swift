// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams

/// Why a configuration can't be used.
public struct ConfigurationViolation: Error, Hashable, Sendable, CustomStringConvertible {
  /// The field at fault, as a path such as `pipelines.lateness`; empty for the whole text.
  public let field: String
  /// What is wrong and what helps.
  public let detail: String

  /// The field, what is wrong and what helps.
  public var description: String { field.isEmpty ? detail : "\(field): \(detail)" }
}

/// Reads a configuration from JSON; an unknown or wrong field is an error that names it.
struct ConfigurationReader {
  private var configuration = Configuration()

  static func read(_ text: [UInt8]) throws(ConfigurationViolation) -> Configuration {
    let view: JSONView
    do {
      view = try JSONView.parse(text)
    } catch {
      throw ConfigurationViolation(field: "", detail: "not valid JSON: \(error)")
    }
    var reader = ConfigurationReader()
    try reader.readRoot(view)
    return reader.configuration
  }

  private mutating func readRoot(_ view: JSONView) throws(ConfigurationViolation) {
    try Self.members(of: view, "") { (name, value) throws(ConfigurationViolation) in
      switch name {
      case "host": configuration.host = try Self.string(value, name)
      case "port": configuration.port = UInt16(try Self.number(value, name, 0...65_535))
      case "allowedHosts": configuration.allowedHosts = try Self.hosts(value, name)
      case "allowedOrigins": configuration.allowedOrigins = try Self.origins(value, name)
      case "loops": configuration.loops = try Self.number(value, name, 1...256)
      case "maximumConnections":
        configuration.maximumConnections = try Self.number(value, name, 1...1_000_000)
      case "maximumConnectionsPerAddress":
        configuration.maximumConnectionsPerAddress = try Self.number(value, name, 1...1_000_000)
      case "maximumOutboundBytes":
        configuration.maximumOutboundBytes = try Self.number(value, name, (64 << 10)...(1 << 30))
      case "maximumHeldBytes":
        configuration.maximumHeldBytes = try Self.number(value, name, (1 << 20)...(1 << 40))
      case "drain":
        configuration.drain = try Self.duration(value, name)
        guard configuration.drain <= .seconds(300) else {
          throw ConfigurationViolation(field: name, detail: "give at most \"5m\"")
        }
      case "maximumTopics":
        configuration.maximumTopics = try Self.number(value, name, 16...10_000_000)
      case "onlyListedTopics": configuration.onlyListedTopics = try Self.bool(value, name)
      case "topics": try readTopics(value)
      case "pipelines": try readPipelines(value)
      case "machine": try readMachine(value)
      case "eventStream": try readEventStream(value)
      case "data": configuration.dataDirectory = try Self.path(value, name)
      case "durable": configuration.durable = try Self.durableRules(value)
      case "maximumStoredBytes":
        configuration.storage.maximumTotalBytes = Int64(
          try Self.number(value, name, (1 << 20)...(1 << 50))
        )
      case "eventTypes": configuration.eventTypes = try Self.eventTypes(value, name)
      case "chains": configuration.chains = try Self.chains(value)
      case "identity": configuration.identity = try Self.identity(value, name)
      case "apiKeys": configuration.apiKeys = try Self.apiKeys(value, name)
      case "tls": configuration.tls = try Self.tlsFiles(value)
      default: throw Self.unknown(name, Self.rootFields)
      }
    }
  }

  private static let rootFields = [
    "host", "port", "allowedHosts", "allowedOrigins", "loops", "maximumConnections",
    "maximumConnectionsPerAddress", "maximumHeldBytes", "maximumOutboundBytes", "drain",
    "maximumTopics", "onlyListedTopics", "topics", "pipelines", "machine", "eventStream",
    "tls", "data", "durable", "maximumStoredBytes", "identity", "apiKeys", "chains",
    "eventTypes",
  ]

  private mutating func readTopics(_ view: JSONView) throws(ConfigurationViolation) {
    try Self.members(of: view, "topics") { (pattern, value) throws(ConfigurationViolation) in
      try Self.checkPattern(pattern, "topics.\(pattern)")
      configuration.topics.append(try Self.topicRule(pattern, value, "topics.\(pattern)"))
    }
  }

  private mutating func readPipelines(_ view: JSONView) throws(ConfigurationViolation) {
    try Self.members(of: view, "pipelines") { (name, value) throws(ConfigurationViolation) in
      let path = "pipelines.\(name)"
      switch name {
      case "watermarkBound":
        configuration.pipelines.watermarkBound = try Self.duration(value, path)
      case "lateness": configuration.pipelines.lateness = try Self.duration(value, path)
      default: throw Self.unknown(path, ["watermarkBound", "lateness"])
      }
    }
  }

  private mutating func readEventStream(_ view: JSONView) throws(ConfigurationViolation) {
    try Self.members(of: view, "eventStream") { (name, value) throws(ConfigurationViolation) in
      let path = "eventStream.\(name)"
      guard name == "compression" else { throw Self.unknown(path, ["compression"]) }
      configuration.eventStream.compresses = try Self.bool(value, path)
    }
  }

  private mutating func readMachine(_ view: JSONView) throws(ConfigurationViolation) {
    if let isOn = view.bool {
      configuration.machineInterval = isOn ? .seconds(1) : nil
      return
    }
    try Self.members(of: view, "machine") { (name, value) throws(ConfigurationViolation) in
      guard name == "interval" else { throw Self.unknown("machine.\(name)", ["interval"]) }
      let interval = try Self.duration(value, "machine.interval")
      guard interval >= .milliseconds(100) else {
        throw ConfigurationViolation(field: "machine.interval", detail: "give at least \"100ms\"")
      }
      configuration.machineInterval = interval
    }
  }
}
