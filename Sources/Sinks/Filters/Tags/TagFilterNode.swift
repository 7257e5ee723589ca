// SPDX-License-Identifier: Apache-2.0
public import Codecs

/// A node of a tag filter, as the Centrifuge client protocol spells it (`FilterNode`, version 2).
///
/// A leaf has no `op`; it compares the tag `key` by `cmp` with `val` or `vals`. The others join `nodes`.
public struct TagFilterNode: Equatable, Sendable {
  /// Empty for a leaf, or `and`, `or`, `not`.
  public var op = ""
  /// The tag's name.
  public var key = ""
  /// One of `eq`, `neq`, `in`, `nin`, `ex`, `nex`, `sw`, `ew`, `ct`, `lt`, `lte`, `gt`, `gte`.
  public var cmp = ""
  /// What most comparisons compare with.
  public var val = ""
  /// What `in` and `nin` look into.
  public var vals: [String] = []
  /// What `and`, `or` and `not` join.
  public var nodes: [TagFilterNode] = []

  /// Makes a node that is not valid yet.
  public init() {}

  /// Reads a node and those below it from JSON.
  ///
  /// A member that is `null` or missing counts as empty, as in the Protobuf form; unknown members are
  /// refused, since a filter that is misread lets the wrong events through.
  /// - Parameters:
  ///   - json: The value of `tf`.
  ///   - limits: What is allowed.
  /// - Throws: ``FilterViolation``, which names the node and the field; the client's fault.
  public init(
    json: JSONView,
    limits: FilterLimits = .init()
  ) throws(FilterViolation) {
    guard json.bytes.count <= limits.maximumBytes else {
      throw FilterViolation(
        .limit,
        at: .whole,
        "a tag filter may have at most \(limits.maximumBytes) bytes, this has \(json.bytes.count)",
        remedy: "shorten it"
      )
    }
    var count = 0
    self = try Self.read(json, path: "tf", depth: 1, count: &count, limits)
  }

  private static func read(
    _ json: JSONView,
    path: String,
    depth: Int,
    count: inout Int,
    _ limits: FilterLimits
  ) throws(FilterViolation) -> TagFilterNode {
    count += 1
    try checkBounds(depth: depth, count: count, at: path, limits)
    guard json.kind == .object else {
      throw FilterViolation(
        .syntax,
        at: .node(path, field: "op"),
        "a node is an object",
        remedy: "write {\"key\":\"name\",\"cmp\":\"eq\",\"val\":\"value\"}"
      )
    }
    var node = TagFilterNode()
    try json.forEachMember { (name, value) throws(FilterViolation) in
      if value.isNull { return }
      switch name {
      case "op": node.op = try text(value, path, name)
      case "key": node.key = try text(value, path, name)
      case "cmp": node.cmp = try text(value, path, name)
      case "val": node.val = try text(value, path, name)
      case "vals":
        node.vals = try list(value, path, name) { (item, path) throws(FilterViolation) in
          count += 1
          try checkBounds(depth: depth, count: count, at: path, limits)
          return try text(item, path, name)
        }
      case "nodes":
        node.nodes = try list(value, path, name) { (item, path) throws(FilterViolation) in
          try read(item, path: path, depth: depth + 1, count: &count, limits)
        }
      default:
        throw FilterViolation(
          .unknownName,
          at: .node(path, field: name),
          "a node has no such field",
          remedy: "use op, key, cmp, val, vals or nodes"
        )
      }
    }
    return node
  }

  private static func text(
    _ value: JSONView,
    _ path: String,
    _ name: String
  ) throws(FilterViolation) -> String {
    guard let text = value.string else {
      throw FilterViolation(
        .type,
        at: .node(path, field: name),
        "a string is expected",
        remedy: "put the value into quotes: tags are strings, numbers too"
      )
    }
    return text
  }

  private static func list<Item>(
    _ value: JSONView,
    _ path: String,
    _ name: String,
    _ read: (JSONView, String) throws(FilterViolation) -> Item
  ) throws(FilterViolation) -> [Item] {
    guard value.kind == .array else {
      throw FilterViolation(
        .type,
        at: .node(path, field: name),
        "an array is expected",
        remedy: "write it in brackets"
      )
    }
    var items: [Item] = []
    try value.forEachElement { (item) throws(FilterViolation) in
      items.append(try read(item, "\(path).\(name)[\(items.count)]"))
    }
    return items
  }

  static func checkBounds(
    depth: Int,
    count: Int,
    at path: String,
    _ limits: FilterLimits
  ) throws(FilterViolation) {
    guard depth <= limits.maximumDepth else {
      throw FilterViolation(
        .limit,
        at: .node(path, field: "nodes"),
        "nodes may nest at most \(limits.maximumDepth) deep",
        remedy: "join them on fewer levels"
      )
    }
    guard count <= limits.maximumNodes else {
      throw FilterViolation(
        .limit,
        at: .node(path, field: "nodes"),
        "a tag filter may have at most \(limits.maximumNodes) nodes and values",
        remedy: "compare fewer values"
      )
    }
  }
}
