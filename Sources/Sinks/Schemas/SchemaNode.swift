// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The types of JSON Schema, of which a schema may allow several.
struct SchemaTypes: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = SchemaTypes(rawValue: 1)
  static let boolean = SchemaTypes(rawValue: 2)
  static let object = SchemaTypes(rawValue: 4)
  static let array = SchemaTypes(rawValue: 8)
  static let string = SchemaTypes(rawValue: 16)
  /// A number that is not whole.
  static let fraction = SchemaTypes(rawValue: 32)
  static let integer = SchemaTypes(rawValue: 64)
  static let number: SchemaTypes = [.integer, .fraction]
  static let all = SchemaTypes(rawValue: 127)

  private static let names: KeyValuePairs<String, SchemaTypes> = [
    "null": .null, "boolean": .boolean, "object": .object, "array": .array, "string": .string,
    "number": .number, "integer": .integer,
  ]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The type of that name in JSON Schema.
  init?(name: String) {
    guard let known = Self.names.first(where: { $0.key == name }) else { return nil }
    self = known.value
  }

  /// The type of a value: 1.0 is an integer too (JSON Schema 2020-12, core §4.2.3).
  init(of value: JSONView) {
    switch value.kind {
    case .null: self = .null
    case .bool: self = .boolean
    case .object: self = .object
    case .array: self = .array
    case .string: self = .string
    case .number:
      let isWhole = value.int != nil || value.double.map { $0 == $0.rounded() } ?? false
      self = isWhole ? .integer : .fraction
    }
  }

  /// The types' names, joined by `or`.
  var text: String {
    var names: [String] = []
    for (name, type) in Self.names where isSuperset(of: type) {
      if name == "integer", isSuperset(of: .number) { continue }
      names.append(name)
    }
    if self == .fraction { names.append("number") }
    return names.joined(separator: " or ")
  }
}

/// What a schema demands of one value.
struct SchemaNode: Sendable {
  /// What members are allowed that are not among the properties.
  enum Additional: Sendable {
    case allowed
    case refused
    case following(Int)
  }

  /// A name of an object that the schema knows.
  struct Property: Sendable {
    /// The number of its schema, if it has one.
    var node: Int?
    /// Its place among the required ones, if it is one.
    var required: Int?
  }

  /// Whether nothing is allowed, as the schema `false` says.
  var isNever = false
  var types = SchemaTypes.all
  var properties: [TextKey: Property] = [:]
  var required: [String] = []
  var additional = Additional.allowed
  var items: Int?
  /// Of `enum` or `const`.
  var allowed: [JSONView]?
  var minimum: JSONView?
  var maximum: JSONView?
  var minimumLength: Int?
  var maximumLength: Int?
}
