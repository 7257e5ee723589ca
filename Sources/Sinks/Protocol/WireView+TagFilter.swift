// SPDX-License-Identifier: Apache-2.0
import Codecs

extension WireView {
  /// A filter on tags.
  func tagFilter(_ field: WireField) throws(ProtocolError) -> EventFilter? {
    guard let view = try message(field) else { return nil }
    let limits = FilterLimits()
    var count = 0
    do throws(FilterViolation) {
      // What JSON has beyond the fields of a node is refused by name.
      if let json = view as? JSONView { return try EventFilter(tagFilter: json, limits: limits) }
    } catch {
      throw .badRequest("\(error)")
    }
    let node = try view.tagFilterNode(path: field.name, depth: 1, count: &count, limits)
    do throws(FilterViolation) { return try EventFilter(tagFilter: node, limits: limits) } catch {
      throw .badRequest("\(error)")
    }
  }

  private func tagFilterNode(
    path: String,
    depth: Int,
    count: inout Int,
    _ limits: FilterLimits
  ) throws(ProtocolError) -> TagFilterNode {
    var node = TagFilterNode()
    node.op = try text(WireField("op", 1)) ?? ""
    node.key = try text(WireField("key", 2)) ?? ""
    node.cmp = try text(WireField("cmp", 3)) ?? ""
    node.val = try text(WireField("val", 4)) ?? ""
    node.vals = try texts(WireField("vals", 5))
    count += 1 + node.vals.count
    do throws(FilterViolation) {
      try TagFilterNode.checkBounds(depth: depth, count: count, at: path, limits)
    } catch {
      throw .badRequest("\(error)")
    }
    for (index, view) in try messages(WireField("nodes", 6)).enumerated() {
      let path = "\(path).nodes[\(index)]"
      node.nodes.append(
        try view.tagFilterNode(path: path, depth: depth + 1, count: &count, limits)
      )
    }
    return node
  }
}
