// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Turns a schema into a flat list of nodes, the root first.
struct SchemaReader {
  private let limits: SchemaLimits
  private(set) var nodes: [SchemaNode] = []
  private var path = SchemaPath()
  private var depth = 0
  private var count = 0

  init(limits: SchemaLimits) { self.limits = limits }

  func violation(_ problem: String, remedy: String) -> SchemaViolation {
    SchemaViolation(pointer: path.pointer, problem: problem, remedy: remedy)
  }

  private mutating func inside<Result>(
    _ step: String,
    _ read: (inout SchemaReader) throws(SchemaViolation) -> Result
  ) throws(SchemaViolation) -> Result {
    path.enter(step)
    let result = try read(&self)
    path.leave()
    return result
  }

  private mutating func countOne() throws(SchemaViolation) {
    count += 1
    guard count <= limits.maximumNodes else {
      throw violation(
        "a schema may have at most \(limits.maximumNodes) parts",
        remedy: "leave some out"
      )
    }
  }

  /// Reads a schema and those inside it.
  ///
  /// - Returns: Its number.
  mutating func read(_ json: JSONView) throws(SchemaViolation) -> Int {
    try countOne()
    guard depth < limits.maximumDepth else {
      throw violation(
        "schemas may nest at most \(limits.maximumDepth) deep",
        remedy: "leave the inner ones out"
      )
    }
    let number = nodes.count
    nodes.append(SchemaNode())
    if let isAllowed = json.bool {
      nodes[number].isNever = !isAllowed
      return number
    }
    guard json.kind == .object else {
      throw violation("a schema is an object or a boolean", remedy: "write {\"type\":\"object\"}")
    }
    depth += 1
    var node = SchemaNode()
    var keywords: Set<String> = []
    try json.forEachMember { (keyword, value) throws(SchemaViolation) in
      try inside(keyword) { reader throws(SchemaViolation) in
        guard keywords.insert(keyword).inserted else {
          throw reader.violation("the keyword occurs twice", remedy: "keep one of them")
        }
        try reader.read(keyword, value, into: &node)
      }
    }
    try checkBounds(node)
    depth -= 1
    nodes[number] = node
    return number
  }

  private mutating func read(
    _ keyword: String,
    _ value: JSONView,
    into node: inout SchemaNode
  ) throws(SchemaViolation) {
    switch keyword {
    case "type": node.types = try types(value)
    case "properties": try properties(value, into: &node)
    case "required": try required(value, into: &node)
    case "additionalProperties":
      if let isAllowed = value.bool {
        node.additional = isAllowed ? .allowed : .refused
      } else {
        node.additional = .following(try read(value))
      }
    case "items": node.items = try read(value)
    case "enum": node.allowed = try allowed(value, besides: node)
    case "const":
      guard node.allowed == nil else { throw bothEnumAndConst }
      node.allowed = [value]
    case "minimum": node.minimum = try number(value)
    case "maximum": node.maximum = try number(value)
    case "minLength": node.minimumLength = try length(value)
    case "maxLength": node.maximumLength = try length(value)
    case "title", "description", "$comment": _ = try text(value)
    case "$schema": try checkDialect(value)
    default: throw unknown(keyword)
    }
  }

  private func unknown(_ keyword: String) -> SchemaViolation {
    let remedy =
      keyword == "pattern"
      ? "regular expressions are refused, as their time has no bound: use enum or the lengths"
      : "use type, properties, required, additionalProperties, items, enum, const, minimum, maximum,"
        + " minLength or maxLength"
    return violation("the keyword \(keyword) is not offered", remedy: remedy)
  }

  private var bothEnumAndConst: SchemaViolation {
    violation("enum and const stand beside each other", remedy: "keep one of them")
  }

  private mutating func properties(
    _ value: JSONView,
    into node: inout SchemaNode
  ) throws(SchemaViolation) {
    guard value.kind == .object else {
      throw violation("an object is expected", remedy: "write {\"NAME\":{…}}")
    }
    var properties = node.properties
    try value.forEachMember { (name, schema) throws(SchemaViolation) in
      let number = try inside(name) { reader throws(SchemaViolation) in
        guard properties[TextKey(name)]?.node == nil else {
          throw reader.violation("the property occurs twice", remedy: "keep one of them")
        }
        return try reader.read(schema)
      }
      properties[TextKey(name), default: .init()].node = number
    }
    node.properties = properties
  }

  private mutating func required(
    _ value: JSONView,
    into node: inout SchemaNode
  ) throws(SchemaViolation) {
    guard value.kind == .array else {
      throw violation("an array of names is expected", remedy: "write [\"NAME\"]")
    }
    for element in value.elements {
      try countOne()
      let name = try text(element)
      guard node.properties[TextKey(name)]?.required == nil else {
        throw violation("\(name) is named twice", remedy: "name it once")
      }
      node.properties[TextKey(name), default: .init()].required = node.required.count
      node.required.append(name)
    }
  }

  private mutating func allowed(
    _ value: JSONView,
    besides node: SchemaNode
  ) throws(SchemaViolation) -> [JSONView] {
    guard node.allowed == nil else { throw bothEnumAndConst }
    let values = value.elements
    guard !values.isEmpty else {
      throw violation("an array with at least one value is expected", remedy: "list the values")
    }
    for _ in values { try countOne() }
    return values
  }
}
