// SPDX-License-Identifier: Apache-2.0
import Codecs

/// How a file's lines become events.
struct RecordFormat: Equatable {
  /// The kinds of files.
  enum Kind: String, CaseIterable {
    /// A web server's log in Apache's combined or common format.
    case combined
    /// One JSON value per line.
    case ndjson
    /// Comma-separated values with a header.
    case csv
  }

  /// The fields of a combined line, as they stand in the event's data.
  static let combinedFields = [
    "client", "method", "path", "status", "bytes", "referrer", "agent",
  ]

  /// The kind of the file.
  var kind: Kind
  /// The field with the event's time; `nil` for none.
  var timeField: String?
  /// The field that says what the event is about; `nil` for none.
  var keyField: String?

  /// Checks what was asked for.
  ///
  /// - Parameters:
  ///   - name: The argument of `--format`.
  ///   - timeField: The argument of `--time`.
  ///   - keyField: The argument of `--key`.
  ///   - isPaced: Whether events go at the speed of their times.
  /// - Throws: ``CommandFailure`` for what does not go together.
  init(
    kind name: String?,
    timeField: String?,
    keyField: String?,
    isPaced: Bool
  ) throws(CommandFailure) {
    let names = Kind.allCases.map(\.rawValue)
    guard let name else {
      throw .misuse("--format is missing", remedy: "write one of \(names.joined(separator: ", "))")
    }
    guard let kind = Kind(rawValue: name) else {
      let near = nearestName(to: name, among: names)
      throw .misuse(
        "there is no format '\(name)'",
        remedy: near.map { "did you mean \($0)?" }
          ?? "write one of \(names.joined(separator: ", "))"
      )
    }
    for (option, field) in [("time", timeField), ("key", keyField)] where field?.isEmpty == true {
      throw .misuse("--\(option) names no field", remedy: "write a field's name")
    }
    (self.kind, self.timeField, self.keyField) = (kind, timeField, keyField)
    if kind == .combined {
      try checkCombined()
    } else if isPaced, timeField == nil {
      throw .misuse("--speed needs the events' times", remedy: "name their field with --time")
    }
  }

  private func checkCombined() throws(CommandFailure) {
    guard timeField == nil else {
      throw .misuse("combined lines have a time of their own", remedy: "leave out --time")
    }
    guard let keyField, !Self.combinedFields.contains(keyField) else { return }
    let fields = Self.combinedFields
    throw .misuse(
      "combined lines have no field '\(keyField)'",
      remedy: nearestName(to: keyField, among: fields).map { "did you mean \($0)?" }
        ?? "write one of \(fields.joined(separator: ", "))"
    )
  }
}
