// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams

// What is stored on disk, as the configuration and the command line say it.
extension ConfigurationReader {
  /// Reads `"durable"`: by pattern, how sure a publish is, or an object with that and the limits.
  static func durableRules(
    _ view: JSONView
  ) throws(ConfigurationViolation) -> [Configuration.DurableRule] {
    var rules: [Configuration.DurableRule] = []
    try members(of: view, "durable") { (pattern, value) throws(ConfigurationViolation) in
      let path = "durable.\(pattern)"
      try checkPattern(pattern, path)
      rules.append(.init(pattern: pattern, storage: try storageRules(value, path)))
    }
    return rules
  }

  /// Reads how sure a publish is, or an object with that and the limits.
  static func storageRules(
    _ value: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> StorageRules {
    var storage = StorageRules()
    if value.string != nil {
      storage.synchronous = try synchronous(value, path)
    } else {
      try members(of: value, path) { (name, value) throws(ConfigurationViolation) in
        try read(value, name, "\(path).\(name)", into: &storage)
      }
    }
    return storage
  }

  private static func read(
    _ value: JSONView,
    _ name: String,
    _ path: String,
    into storage: inout StorageRules
  ) throws(ConfigurationViolation) {
    switch name {
    case "synchronous": storage.synchronous = try synchronous(value, path)
    case "maximumCount": storage.maximumCount = UInt64(try number(value, path, 1...(1 << 40)))
    case "maximumBytes": storage.maximumBytes = Int64(try number(value, path, 65_536...(1 << 50)))
    case "maximumAge":
      let age = try duration(value, path)
      guard age >= .milliseconds(1) else {
        throw ConfigurationViolation(field: path, detail: "give at least \"1ms\"")
      }
      storage.maximumAge = age
    case "atLimit":
      switch value.string {
      case "refuse": storage.atLimit = .refuse
      case "dropOldest": storage.atLimit = .dropOldest
      default:
        throw ConfigurationViolation(field: path, detail: "expected \"refuse\" or \"dropOldest\"")
      }
    default:
      throw unknown(
        path,
        ["synchronous", "maximumCount", "maximumBytes", "maximumAge", "atLimit"]
      )
    }
  }

  private static func synchronous(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> Synchronous {
    switch view.string {
    case "full": return .full
    case "normal": return .normal
    default: throw ConfigurationViolation(field: path, detail: "expected \"full\" or \"normal\"")
    }
  }

  /// Reads `PATTERN` or `PATTERN=full` or `PATTERN=normal`.
  static func durableRule(
    _ text: String
  ) throws(ConfigurationViolation) -> Configuration.DurableRule {
    var (pattern, storage) = (text[...], StorageRules())
    for (suffix, synchronous) in [("=full", Synchronous.full), ("=normal", .normal)]
    where text.hasSuffix(suffix) {
      pattern = text.dropLast(suffix.count)
      storage.synchronous = synchronous
    }
    if let equals = pattern.lastIndex(of: "="), pattern[..<equals].hasSuffix("*") {
      let given = pattern[pattern.index(after: equals)...]
      let detail = "'\(given)' is neither full nor normal"
      throw ConfigurationViolation(field: "durable", detail: detail)
    }
    try checkPattern(String(pattern), "durable")
    return .init(pattern: String(pattern), storage: storage)
  }

  /// Checks that topics may have names of a pattern.
  static func checkPattern(_ pattern: String, _ path: String) throws(ConfigurationViolation) {
    let name = pattern.hasSuffix("*") ? pattern.dropLast() + "x" : pattern[...]
    if name.contains("*") {
      throw ConfigurationViolation(
        field: path,
        detail: "'*' stands only at the end of a pattern"
      )
    }
    do throws(TopicName.Violation) { try TopicName.check(String(name)) } catch {
      throw ConfigurationViolation(field: path, detail: error.description)
    }
  }
}
