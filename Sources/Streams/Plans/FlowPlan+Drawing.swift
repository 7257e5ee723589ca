// SPDX-License-Identifier: Apache-2.0

/// A plan as nodes and arrows, numbered in the order in which they are met.
private struct Graph {
  struct Node {
    let label: [String]
    let isSource: Bool
  }

  private(set) var nodes: [Node] = []
  private(set) var arrows: [(from: Int, to: Int, label: String)] = []

  init(_ plan: FlowPlan, into output: String?) {
    let last = add(plan)
    guard let output else { return }
    let sink = add(Node(label: [output], isSource: true))
    arrows.append((last.node, sink, last.count))
  }

  private mutating func add(_ node: Node) -> Int {
    nodes.append(node)
    return nodes.count - 1
  }

  private static func label(_ count: UInt64?) -> String { count.map { "\($0)" } ?? "" }

  /// Adds a plan; answers its last node, and what came out there.
  private mutating func add(_ plan: FlowPlan) -> (node: Int, count: String) {
    let inputs = plan.inputs.map { add($0) }
    let title = plan.name.isEmpty ? plan.kind : "\(plan.kind) \(plan.name)"
    var last = add(Node(label: [title], isSource: plan.inputs.isEmpty))
    for input in inputs { arrows.append((input.node, last, input.count)) }
    var count = plan.received
    for stage in plan.stages {
      let node = add(Node(label: [stage.name] + stage.notes, isSource: false))
      let received = stage.received ?? count
      arrows.append((last, node, Self.label(received)))
      last = node
      count = stage.out(of: received)
    }
    return (last, Self.label(count))
  }
}

extension FlowPlan {
  /// The plan as a flowchart for Mermaid: an arrow's label is the number of elements that took it.
  ///
  /// - Parameter output: The name of where the flow goes, if it is to be drawn.
  /// - Returns: The text, one node or arrow a line.
  public func mermaid(into output: String? = nil) -> String {
    let graph = Graph(self, into: output)
    var lines = ["flowchart LR"]
    for (index, node) in graph.nodes.enumerated() {
      let text = node.label.map(Self.escapedForMermaid).joined(separator: "<br>")
      lines.append("  n\(index)" + (node.isSource ? "[(\"\(text)\")]" : "[\"\(text)\"]"))
    }
    for arrow in graph.arrows {
      let label = arrow.label.isEmpty ? "" : "|\(arrow.label)|"
      lines.append("  n\(arrow.from) -->\(label) n\(arrow.to)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The plan in Graphviz' language, DOT: an arrow's label is the number of elements that took it.
  ///
  /// - Parameter output: The name of where the flow goes, if it is to be drawn.
  /// - Returns: The text, one node or arrow a line.
  public func dot(into output: String? = nil) -> String {
    let graph = Graph(self, into: output)
    var lines = ["digraph flow {", "  rankdir=LR;"]
    for (index, node) in graph.nodes.enumerated() {
      let text = node.label.map(Self.escapedForDOT).joined(separator: "\\n")
      let shape = node.isSource ? "cylinder" : "box"
      lines.append("  n\(index) [label=\"\(text)\", shape=\(shape)];")
    }
    for arrow in graph.arrows {
      lines.append("  n\(arrow.from) -> n\(arrow.to) [label=\"\(arrow.label)\"];")
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  private static func escapedForMermaid(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
      switch character {
      case "\"", "<", ">", "&", "#", "`":
        let scalars = character.unicodeScalars.map { "#\($0.value);" }
        escaped += scalars.joined()
      case let character where character.isNewline: escaped += " "
      default: escaped.append(character)
      }
    }
  }

  private static func escapedForDOT(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
      switch character {
      case "\"", "\\": escaped += "\\\(character)"
      case let character where character.isNewline: escaped += " "
      default: escaped.append(character)
      }
    }
  }
}
