// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

// Which topics are tables, and how large they may become.
extension ConfigurationReader {
  private static let tableFields = [
    "maximumRows", "maximumBytes", "maximumKeyBytes", "maximumValueBytes", "recovery",
  ]

  /// Reads `true` or `false`, or an object with limits, which says that it is one.
  ///
  /// - Parameters:
  ///   - view: The value.
  ///   - path: Where it stands.
  ///   - retention: What the topic keeps in memory: a row is one publish.
  /// - Returns: The settings; `nil` for a topic that is no table.
  /// - Throws: ``ConfigurationViolation`` that names the field.
  static func tableSettings(
    _ view: JSONView,
    _ path: String,
    _ retention: Retention
  ) throws(ConfigurationViolation) -> TableSettings? {
    var settings = TableSettings()
    let largest = min(PublishLimits.maximumBytes, retention.maximumPublishBytes)
    settings.maximumValueBytes = largest
    if let truth = view.bool { return truth ? settings : nil }
    guard view.kind == .object else {
      throw ConfigurationViolation(field: path, detail: "expected true, false or an object")
    }
    try members(of: view, path) { (name, value) throws(ConfigurationViolation) in
      let field = "\(path).\(name)"
      switch name {
      case "maximumRows": settings.maximumRows = try number(value, field, 1...10_000_000)
      case "maximumBytes": settings.maximumBytes = try number(value, field, 65_536...(1 << 40))
      case "maximumKeyBytes": settings.maximumKeyBytes = try number(value, field, 1...1_024)
      case "maximumValueBytes": settings.maximumValueBytes = try number(value, field, 1...largest)
      case "recovery": settings.recovery = try recovery(value, field)
      default: throw unknown(field, tableFields)
      }
    }
    return settings
  }

  private static func recovery(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> TableRecovery {
    switch view.string {
    case "refuse": return .refuse
    case "useWhatIsThere": return .useWhatIsThere
    default:
      throw ConfigurationViolation(
        field: path,
        detail: "expected \"refuse\" or \"useWhatIsThere\""
      )
    }
  }
}
