// SPDX-License-Identifier: Apache-2.0

extension TagFilterNode {
  /// What the node says, checked.
  ///
  /// - Throws: ``FilterViolation``, which names the node and the field at fault.
  func expression(limits: FilterLimits) throws(FilterViolation) -> FilterExpression {
    var count = 0
    return try expression(path: "tf", depth: 1, count: &count, limits)
  }

  private func expression(
    path: String,
    depth: Int,
    count: inout Int,
    _ limits: FilterLimits
  ) throws(FilterViolation) -> FilterExpression {
    count += 1 + vals.count
    try Self.checkBounds(depth: depth, count: count, at: path, limits)
    switch op {
    case "": return try leaf(path)
    case "and", "or", "not": break
    default:
      throw FilterViolation(
        .unknownName,
        at: .node(path, field: "op"),
        "there is no such operation",
        remedy: "leave it out for a comparison, or use and, or, not"
      )
    }
    try refuse(
      path,
      ["key": !key.isEmpty, "cmp": !cmp.isEmpty, "val": !val.isEmpty, "vals": !vals.isEmpty]
    )
    guard !nodes.isEmpty, op != "not" || nodes.count == 1 else {
      throw FilterViolation(
        .syntax,
        at: .node(path, field: "nodes"),
        op == "not" ? "not takes 1 node, not \(nodes.count)" : "\(op) takes at least 1 node",
        remedy: "put what it joins into nodes"
      )
    }
    var parts: [FilterExpression] = []
    for (index, node) in nodes.enumerated() {
      parts.append(
        try node.expression(
          path: "\(path).nodes[\(index)]",
          depth: depth + 1,
          count: &count,
          limits
        )
      )
    }
    return op == "and" ? .all(parts) : op == "or" ? .any(parts) : .not(parts[0])
  }

  /// Refuses fields that the node does not use, by name: they were meant to say something.
  private func refuse(
    _ path: String,
    _ fields: KeyValuePairs<String, Bool>
  ) throws(FilterViolation) {
    for (field, isSet) in fields where isSet {
      let use = op.isEmpty ? cmp : op
      throw FilterViolation(
        .syntax,
        at: .node(path, field: field),
        "\(use.isEmpty ? "a comparison" : use) does not use it",
        remedy: "leave it out"
      )
    }
  }

  private func leaf(_ path: String) throws(FilterViolation) -> FilterExpression {
    try refuse(path, ["nodes": !nodes.isEmpty])
    let test: FilterTagTest
    let isOpposite: Bool
    switch cmp {
    case "eq", "neq":
      (test, isOpposite) = (.equal(try value(path)), cmp == "neq")
    case "in", "nin":
      (test, isOpposite) = (.anyOf(try values(path)), cmp == "nin")
    case "ex", "nex":
      try refuse(path, ["val": !val.isEmpty, "vals": !vals.isEmpty])
      (test, isOpposite) = (.exists, cmp == "nex")
    case "sw": (test, isOpposite) = (.startsWith(try value(path)), false)
    case "ew": (test, isOpposite) = (.endsWith(try value(path)), false)
    case "ct": (test, isOpposite) = (.contains(try value(path)), false)
    case "lt": (test, isOpposite) = (.number(.less, try number(path)), false)
    case "lte": (test, isOpposite) = (.number(.atMost, try number(path)), false)
    case "gt": (test, isOpposite) = (.number(.greater, try number(path)), false)
    case "gte": (test, isOpposite) = (.number(.atLeast, try number(path)), false)
    default:
      throw FilterViolation(
        cmp.isEmpty ? .syntax : .unknownName,
        at: .node(path, field: "cmp"),
        cmp.isEmpty ? "a comparison is missing" : "there is no such comparison",
        remedy: "use eq, neq, in, nin, ex, nex, sw, ew, ct, lt, lte, gt or gte"
      )
    }
    guard !key.isEmpty else {
      throw FilterViolation(
        .syntax,
        at: .node(path, field: "key"),
        "the tag's name is missing",
        remedy: "name the tag to compare"
      )
    }
    return isOpposite ? .not(.tag(key, test)) : .tag(key, test)
  }

  private func value(_ path: String) throws(FilterViolation) -> String {
    try refuse(path, ["vals": !vals.isEmpty])
    guard !val.isEmpty else {
      throw FilterViolation(
        .syntax,
        at: .node(path, field: "val"),
        "\(cmp) needs a value that is not empty",
        remedy: "write it as a string, or ask for the tag with ex or nex"
      )
    }
    return val
  }

  private func values(_ path: String) throws(FilterViolation) -> [String] {
    try refuse(path, ["val": !val.isEmpty])
    guard !vals.isEmpty else {
      throw FilterViolation(
        .syntax,
        at: .node(path, field: "vals"),
        "\(cmp) needs at least one value",
        remedy: "list them in vals"
      )
    }
    return vals
  }

  private func number(_ path: String) throws(FilterViolation) -> String {
    let text = try value(path)
    guard DecimalText(text.utf8.span) != nil else {
      throw FilterViolation(
        .type,
        at: .node(path, field: "val"),
        "\(cmp) compares decimal numbers",
        remedy: "write one such as \"-12.5\", without an exponent"
      )
    }
    return text
  }
}
