// SPDX-License-Identifier: Apache-2.0
import Codecs

// The values of keywords, with errors that say what is expected.
extension SchemaReader {
  func checkDialect(_ value: JSONView) throws(SchemaViolation) {
    let dialect = "https://json-schema.org/draft/2020-12/schema"
    let text = try text(value)
    guard text == dialect || text == dialect + "#" else {
      throw violation("the dialect is not offered", remedy: "write \(dialect)")
    }
  }

  func text(_ value: JSONView) throws(SchemaViolation) -> String {
    guard let text = value.string else {
      throw violation("a string is expected", remedy: "put it into quotes")
    }
    return text
  }

  func types(_ value: JSONView) throws(SchemaViolation) -> SchemaTypes {
    let names = value.kind == .array ? value.elements : [value]
    var types: SchemaTypes = []
    for name in names {
      guard let type = name.string.flatMap({ SchemaTypes(name: $0) }) else {
        throw violation(
          "there is no such type",
          remedy: "use null, boolean, object, array, number, integer or string"
        )
      }
      types.formUnion(type)
    }
    guard !types.isEmpty else { throw violation("no type is named", remedy: "name one") }
    return types
  }

  func number(_ value: JSONView) throws(SchemaViolation) -> JSONView {
    guard value.double != nil else {
      throw violation("a number is expected", remedy: "write one that a double can hold")
    }
    return value
  }

  func length(_ value: JSONView) throws(SchemaViolation) -> Int {
    guard let length = value.int, length >= 0 else {
      throw violation("a whole number from 0 is expected", remedy: "count Unicode scalars")
    }
    return length
  }

  /// Refuses bounds that nothing can keep.
  func checkBounds(_ node: SchemaNode) throws(SchemaViolation) {
    if let least = node.minimum, let most = node.maximum, least.isNumber(above: most) {
      throw violation("minimum is above maximum", remedy: "exchange them")
    }
    if let least = node.minimumLength, let most = node.maximumLength, least > most {
      throw violation("minLength is above maxLength", remedy: "exchange them")
    }
  }
}
