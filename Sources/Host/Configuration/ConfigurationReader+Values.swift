// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Reads the values of fields, with errors that name the field.
extension ConfigurationReader {
  static func members(
    of view: JSONView,
    _ path: String,
    _ body: (String, JSONView) throws(ConfigurationViolation) -> Void
  ) throws(ConfigurationViolation) {
    guard view.kind == .object else {
      throw ConfigurationViolation(field: path, detail: "expected an object { … }")
    }
    try view.forEachMember(body)
  }

  static func unknown(_ path: String, _ known: [String]) -> ConfigurationViolation {
    let name = path.split(separator: ".").last.map(String.init) ?? path
    let near = nearestName(to: name, among: known)
    return ConfigurationViolation(
      field: path,
      detail:
        "there is no such field; \(near.map { "did you mean '\($0)'? Known" } ?? "known") are "
        + known.joined(separator: ", ")
    )
  }

  static func string(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> String {
    guard let string = view.string else {
      throw ConfigurationViolation(field: path, detail: "expected a string in quotes")
    }
    return string
  }

  static func strings(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> [String] {
    guard view.kind == .array else {
      throw ConfigurationViolation(field: path, detail: "expected an array of strings")
    }
    var strings: [String] = []
    for element in view.elements { strings.append(try string(element, path)) }
    return strings
  }

  static func hosts(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> [String] {
    let hosts = try strings(view, path)
    for host in hosts where host.isEmpty || host.contains("/") || host.contains("*") {
      throw ConfigurationViolation(
        field: path,
        detail: "'\(host)' is not a host: write a name or an address, such as \"weir.local\""
      )
    }
    return hosts
  }

  static func origins(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> [String] {
    let origins = try strings(view, path)
    for origin in origins {
      let parts = origin.split(separator: "://", omittingEmptySubsequences: false)
      let isOrigin =
        parts.count == 2 && ["http", "https"].contains(parts[0].lowercased()) && !parts[1].isEmpty
        && !parts[1].contains { "/*? ".contains($0) }
      guard isOrigin else {
        throw ConfigurationViolation(
          field: path,
          detail: "'\(origin)' is not an origin: write scheme and host without a slash at the end, "
            + "such as \"http://localhost:3000\""
        )
      }
    }
    return origins
  }

  static func tlsFiles(
    _ view: JSONView
  ) throws(ConfigurationViolation) -> Configuration.TLSFiles {
    var paths: [String: String] = [:]
    try members(of: view, "tls") { (name, value) throws(ConfigurationViolation) in
      guard ["certificate", "key"].contains(name) else {
        throw unknown("tls.\(name)", ["certificate", "key"])
      }
      paths[name] = try path(value, "tls.\(name)")
    }
    for name in ["certificate", "key"] where paths[name] == nil {
      throw ConfigurationViolation(
        field: "tls.\(name)",
        detail: "is missing: TLS needs both files, \"certificate\" and \"key\", in PEM form"
      )
    }
    return .init(certificatePath: paths["certificate"] ?? "", keyPath: paths["key"] ?? "")
  }

  static func path(
    _ view: JSONView,
    _ field: String
  ) throws(ConfigurationViolation) -> String {
    let path = try string(view, field)
    guard (1...4_096).contains(path.utf8.count), !path.utf8.contains(0) else {
      throw ConfigurationViolation(
        field: field,
        detail: "expected the path of a file, of 1 to 4096 bytes"
      )
    }
    return path
  }

  static func bool(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> Bool {
    guard let bool = view.bool else {
      throw ConfigurationViolation(field: path, detail: "expected true or false")
    }
    return bool
  }

  static func number(
    _ view: JSONView,
    _ path: String,
    _ range: ClosedRange<Int>
  ) throws(ConfigurationViolation) -> Int {
    guard let number = view.int, range.contains(number) else {
      throw ConfigurationViolation(
        field: path,
        detail: "expected a whole number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return number
  }

  static func duration(
    _ view: JSONView,
    _ path: String
  ) throws(ConfigurationViolation) -> Duration {
    guard let text = view.string, let duration = Duration(parsing: text) else {
      throw ConfigurationViolation(
        field: path,
        detail: "expected a duration such as \"500ms\", \"60s\", \"5m\", \"1h\" or \"1d\""
      )
    }
    return duration
  }
}

extension Duration {
  /// Reads a whole number with a unit: `ms`, `s`, `m`, `h` or `d`; `nil` for anything else.
  init?(parsing text: String) {
    let units: [(suffix: String, milliseconds: Int64)] = [
      ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    for unit in units where text.hasSuffix(unit.suffix) {
      let digits = text.dropLast(unit.suffix.count)
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = Int64(digits)
      else { continue }
      let (milliseconds, overflows) = number.multipliedReportingOverflow(by: unit.milliseconds)
      if overflows { return nil }
      self = .milliseconds(milliseconds)
      return
    }
    return nil
  }
}
