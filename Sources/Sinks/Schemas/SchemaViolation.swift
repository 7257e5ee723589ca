// SPDX-License-Identifier: Apache-2.0

/// Why a schema is refused when it is loaded; the fault of who configured it.
public struct SchemaViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where in the schema, as a JSON pointer (RFC 6901); empty for its root.
  public let pointer: String
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String

  /// The pointer, the problem and the remedy on one line.
  public var description: String { "schema at \"\(pointer)\": \(problem); \(remedy)" }

  /// The same at a place further out.
  func under(_ prefix: String) -> SchemaViolation {
    SchemaViolation(pointer: prefix + pointer, problem: problem, remedy: remedy)
  }
}

/// Why data does not follow its schema; the publisher's fault.
public struct SchemaMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where in the data, as a JSON pointer (RFC 6901); empty for its root.
  public let pointer: String
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String

  /// The pointer, the problem and the remedy on one line.
  public var description: String { "data at \"\(pointer)\": \(problem); \(remedy)" }
}

/// The way to a value, written as a JSON pointer only when it is needed.
struct SchemaPath {
  private var steps: [String] = []

  mutating func enter(_ step: String) { steps.append(step) }
  mutating func leave() { steps.removeLast() }

  /// The pointer; `~` and `/` of names are escaped (RFC 6901 §3).
  var pointer: String {
    var pointer = ""
    for step in steps {
      pointer += "/"
      for scalar in step.unicodeScalars {
        switch scalar {
        case "~": pointer += "~0"
        case "/": pointer += "~1"
        default: pointer.unicodeScalars.append(scalar)
        }
      }
    }
    return pointer
  }
}
