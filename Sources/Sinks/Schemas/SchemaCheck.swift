// SPDX-License-Identifier: Apache-2.0
import Codecs

/// One check of data, which knows the way to where it is.
struct SchemaCheck {
  private let nodes: [SchemaNode]
  private var path = SchemaPath()

  init(nodes: [SchemaNode]) { self.nodes = nodes }

  private func mismatch(_ problem: String, remedy: String) -> SchemaMismatch {
    SchemaMismatch(pointer: path.pointer, problem: problem, remedy: remedy)
  }

  /// Checks a value by a node.
  ///
  /// The data's depth is bounded where it was validated, and so is the stack here.
  mutating func check(_ value: JSONView, _ number: Int) throws(SchemaMismatch) {
    let node = nodes[number]
    if node.isNever {
      throw mismatch("no value is allowed here", remedy: "leave it out")
    }
    let type = SchemaTypes(of: value)
    guard node.types.contains(type) else {
      throw mismatch(
        "\(node.types.text) is expected, not \(type.text)",
        remedy: "publish a value of that type"
      )
    }
    if let allowed = node.allowed { try checkAllowed(value, allowed) }
    switch value.kind {
    case .object: try checkObject(value, node)
    case .array: try checkArray(value, node)
    case .string: try checkLength(value, node)
    case .number: try checkNumber(value, node)
    case .bool, .null: break
    }
  }

  private func checkAllowed(
    _ value: JSONView,
    _ allowed: [JSONView]
  ) throws(SchemaMismatch) {
    for other in allowed where value.isEqual(to: other) { return }
    let list = allowed.prefix(10).map { String(decoding: $0.bytes.prefix(80), as: UTF8.self) }
    throw mismatch(
      "the value is none of those allowed",
      remedy: "publish " + list.joined(separator: " or ") + (allowed.count > 10 ? " or …" : "")
    )
  }

  private mutating func checkObject(
    _ value: JSONView,
    _ node: SchemaNode
  ) throws(SchemaMismatch) {
    var isThere = [Bool](repeating: false, count: node.required.count)
    try value.forEachMember { (name, member) throws(SchemaMismatch) in
      let property = node.properties[TextKey(name)]
      if let required = property?.required { isThere[required] = true }
      path.enter(name)
      if let number = property?.node {
        try check(member, number)
      } else {
        switch node.additional {
        case .allowed: break
        case .following(let number): try check(member, number)
        case .refused:
          throw mismatch("there is no such member in the schema", remedy: "leave it out")
        }
      }
      path.leave()
    }
    guard let missing = isThere.firstIndex(of: false) else { return }
    throw mismatch(
      "the member \(node.required[missing]) is missing",
      remedy: "publish it with the others"
    )
  }

  private mutating func checkArray(
    _ value: JSONView,
    _ node: SchemaNode
  ) throws(SchemaMismatch) {
    guard let items = node.items else { return }
    var index = 0
    try value.forEachElement { (element) throws(SchemaMismatch) in
      path.enter("\(index)")
      try check(element, items)
      path.leave()
      index += 1
    }
  }

  private func checkLength(_ value: JSONView, _ node: SchemaNode) throws(SchemaMismatch) {
    guard node.minimumLength != nil || node.maximumLength != nil else { return }
    // JSON Schema counts characters of RFC 8259, which are Unicode code points.
    let length = value.string?.unicodeScalars.count ?? 0
    if let least = node.minimumLength, length < least {
      throw mismatch("the string has \(length) characters", remedy: "publish at least \(least)")
    }
    if let most = node.maximumLength, length > most {
      throw mismatch("the string has \(length) characters", remedy: "publish at most \(most)")
    }
  }

  private func checkNumber(_ value: JSONView, _ node: SchemaNode) throws(SchemaMismatch) {
    if let least = node.minimum, least.isNumber(above: value) {
      throw mismatch(
        "the number is too small",
        remedy: "publish \(String(decoding: least.bytes, as: UTF8.self)) or more"
      )
    }
    if let most = node.maximum, value.isNumber(above: most) {
      throw mismatch(
        "the number is too large",
        remedy: "publish \(String(decoding: most.bytes, as: UTF8.self)) or less"
      )
    }
  }
}

extension JSONView {
  /// The number as a filter has it, so that whole numbers of 64 bits are exact.
  private var filterNumber: FilterValue {
    switch token {
    case .int(let int): .int(int)
    case .double(let double): .double(double)
    default: .error
    }
  }

  /// Whether both are numbers and this is the greater one.
  func isNumber(above other: JSONView) -> Bool {
    guard kind == .number, other.kind == .number else { return false }
    return (filterNumber.numberOrder(to: other.filterNumber) ?? 0) > 0
  }

  /// Whether both are the same JSON value: numbers by what they amount to, members in any order
  /// (JSON Schema 2020-12, core §4.2.2).
  ///
  /// The time is at most this value's size times the other's members.
  func isEqual(to other: JSONView) -> Bool {
    guard kind == other.kind else { return false }
    switch kind {
    case .null: return true
    case .bool: return bool == other.bool
    case .number: return filterNumber.numberOrder(to: other.filterNumber) == 0
    case .string:
      guard let text = string, let otherText = other.string else { return false }
      return TextKey(text) == TextKey(otherText)
    case .array:
      let (elements, others) = (elements, other.elements)
      guard elements.count == others.count else { return false }
      return zip(elements, others).allSatisfy { $0.isEqual(to: $1) }
    case .object: return hasEqualMembers(to: other)
    }
  }

  private func hasEqualMembers(to other: JSONView) -> Bool {
    var members: [TextKey: JSONView] = [:]
    other.forEachMember { name, value in
      if members[TextKey(name)] == nil { members[TextKey(name)] = value }
    }
    var names: Set<TextKey> = []
    var isEqual = true
    forEachMember { name, value in
      // Of members with the same name the first counts.
      guard isEqual, names.insert(TextKey(name)).inserted else { return }
      isEqual = members[TextKey(name)].map { value.isEqual(to: $0) } ?? false
    }
    return isEqual && names.count == members.count
  }
}
