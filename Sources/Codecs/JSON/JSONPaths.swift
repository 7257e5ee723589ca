// SPDX-License-Identifier: Apache-2.0

/// Several places to look for in JSON text, all found in one pass over it.
///
/// The pass ends as soon as there is nothing left to find. It allocates nothing once the places'
/// buffers have grown, and takes a stack frame for each step of the longest path, none for what it
/// passes over.
public struct JSONPaths: Sendable {
  /// One step from a value to a value inside it.
  public enum Step: Hashable, Sendable {
    /// The first member of that name.
    case member(String)
    /// The element of that index, from 0.
    case element(Int)
  }

  /// A step from one value to another, in a list of those from the same value.
  private struct Edge: Sendable {
    let name: Range<Int>
    let element: Int
    let node: Int
    var isPlain = true
    var next = -1
  }

  /// A value; lists begin with the index of an edge, -1 when they are empty.
  private struct Node: Sendable {
    let parent: Int
    var firstMember = -1
    var memberCount = 0
    /// In ascending order.
    var firstElement = -1
  }

  private var nodes = [Node(parent: 0)]
  private var edges: [Edge] = []
  private var names: [UInt8] = []

  /// Makes paths that lead nowhere but to the whole text, which is node 0.
  public init() {}

  /// How many values are looked for, those on the way to others included.
  public var count: Int { nodes.count }

  /// The most members of one object that are looked for: with so many each name is compared.
  public var memberCount: Int { nodes.reduce(0) { max($0, $1.memberCount) } }

  /// Adds a path, sharing its beginning with others.
  ///
  /// - Parameter path: Its steps from the whole text on.
  /// - Returns: The number of its value, an index of ``JSONPlaces``.
  public mutating func insert(_ path: some Sequence<Step>) -> Int {
    path.reduce(0) { child(of: $0, by: $1) }
  }

  /// The value around a value; the whole text is its own.
  public func parent(of node: Int) -> Int { nodes[node].parent }

  private mutating func child(of parent: Int, by step: Step) -> Int {
    switch step {
    case .member(let name): member(of: parent, named: name)
    case .element(let index): element(of: parent, at: index)
    }
  }

  private mutating func member(of parent: Int, named name: String) -> Int {
    var edge = nodes[parent].firstMember
    while edge >= 0 {
      if names[edges[edge].name].elementsEqual(name.utf8) { return edges[edge].node }
      edge = edges[edge].next
    }
    let start = names.count
    names.append(contentsOf: name.utf8)
    let next = nodes[parent].firstMember
    edges.append(
      Edge(
        name: start..<names.count,
        element: 0,
        node: nodes.count,
        isPlain: !name.utf8.contains(ASCII.backslash),
        next: next
      )
    )
    nodes[parent].firstMember = edges.count - 1
    nodes[parent].memberCount += 1
    return addNode(under: parent)
  }

  private mutating func element(of parent: Int, at index: Int) -> Int {
    var before = -1
    var edge = nodes[parent].firstElement
    while edge >= 0, edges[edge].element <= index {
      if edges[edge].element == index { return edges[edge].node }
      (before, edge) = (edge, edges[edge].next)
    }
    edges.append(Edge(name: 0..<0, element: index, node: nodes.count, next: edge))
    if before < 0 {
      nodes[parent].firstElement = edges.count - 1
    } else {
      edges[before].next = edges.count - 1
    }
    return addNode(under: parent)
  }

  private mutating func addNode(under parent: Int) -> Int {
    nodes.append(Node(parent: parent))
    return nodes.count - 1
  }

  /// Finds all of them.
  ///
  /// - Parameters:
  ///   - text: Text that ``JSONView/parse(_:limits:)`` accepted or ``JSONWriter`` wrote.
  ///   - places: What is found; what was in it before is gone.
  public func find(in text: Span<UInt8>, into places: inout JSONPlaces) {
    places.reset(count: nodes.count)
    let start = JSONScan.skipWhitespace(text, from: 0)
    // Nothing is no JSON text, and nothing is found in it.
    guard start < text.count else { return }
    _ = visit(0, text, at: start, needsEnd: false, &places)
  }

  /// Notes a value and finds what is wanted inside it.
  ///
  /// - Returns: The index after the value, if it is needed.
  private func visit(
    _ node: Int,
    _ text: Span<UInt8>,
    at start: Int,
    needsEnd: Bool,
    _ places: inout JSONPlaces
  ) -> Int {
    places.starts[node] = start
    if text[start] == ASCII.leftBrace, nodes[node].firstMember >= 0 {
      return visitObject(node, text, at: start, needsEnd: needsEnd, &places)
    }
    if text[start] == ASCII.leftBracket, nodes[node].firstElement >= 0 {
      return visitArray(node, text, at: start, needsEnd: needsEnd, &places)
    }
    return needsEnd ? JSONScan.skipValue(text, from: start) : start
  }

  private func visitObject(
    _ node: Int,
    _ text: Span<UInt8>,
    at start: Int,
    needsEnd: Bool,
    _ places: inout JSONPlaces
  ) -> Int {
    var position = start &+ 1
    var missing = nodes[node].memberCount
    while let name = JSONScan.nextName(text, at: &position) {
      guard let child = child(of: node, named: name, text, &places) else {
        position = JSONScan.skipValue(text, from: position)
        continue
      }
      missing &-= 1
      let isLast = missing == 0 && !needsEnd
      position = visit(child, text, at: position, needsEnd: !isLast, &places)
      if missing == 0 { break }
    }
    return needsEnd ? JSONScan.skipContainer(text, from: position, depth: 1) : position
  }

  /// The child whose name stands in `range` and that has not been found yet.
  private func child(
    of node: Int,
    named range: Range<Int>,
    _ text: Span<UInt8>,
    _ places: inout JSONPlaces
  ) -> Int? {
    var mayBeEscaped = false
    var next = nodes[node].firstMember
    while next >= 0 {
      let edge = edges[next]
      next = edge.next
      if places.starts[edge.node] >= 0 { continue }
      if edge.name.count < range.count { mayBeEscaped = true }
      // A name with a backslash is written with another one, so it is compared below.
      if edge.name.count == range.count, edge.isPlain,
        text.equals(names.span.extracting(edge.name), in: range)
      {
        return edge.node
      }
    }
    // An escape is six times as long as what it stands for, at most.
    guard mayBeEscaped, range.count <= 6 * names.count, JSONString.hasEscape(text, in: range) else {
      return nil
    }
    return child(of: node, escaped: range, text, &places)
  }

  private func child(
    of node: Int,
    escaped range: Range<Int>,
    _ text: Span<UInt8>,
    _ places: inout JSONPlaces
  ) -> Int? {
    places.unescaped.removeAll(keepingCapacity: true)
    JSONString.append(text, in: range, to: &places.unescaped)
    let name = places.unescaped.span
    var next = nodes[node].firstMember
    while next >= 0 {
      let edge = edges[next]
      next = edge.next
      if places.starts[edge.node] >= 0 { continue }
      if name.equals(names.span.extracting(edge.name), in: 0..<name.count) { return edge.node }
    }
    return nil
  }

  private func visitArray(
    _ node: Int,
    _ text: Span<UInt8>,
    at start: Int,
    needsEnd: Bool,
    _ places: inout JSONPlaces
  ) -> Int {
    var position = start &+ 1
    var index = 0
    var wanted = edges[nodes[node].firstElement]
    while let item = JSONScan.nextItem(text, at: position, closing: ASCII.rightBracket) {
      if wanted.element == index {
        let isLast = wanted.next < 0
        position = visit(wanted.node, text, at: item, needsEnd: needsEnd || !isLast, &places)
        if isLast { break }
        wanted = edges[wanted.next]
      } else {
        position = JSONScan.skipValue(text, from: item)
      }
      index &+= 1
    }
    return needsEnd ? JSONScan.skipContainer(text, from: position, depth: 1) : position
  }
}

/// Where the values of ``JSONPaths`` stand in one text; kept and filled again for the next.
public struct JSONPlaces: Sendable {
  var starts: [Int] = []
  var unescaped: [UInt8] = []

  /// Makes a buffer for places.
  public init() {}

  /// Where the value of a number begins, or `nil` when it is not there.
  public subscript(_ node: Int) -> Int? { starts[node] < 0 ? nil : starts[node] }

  mutating func reset(count: Int) {
    starts.removeAll(keepingCapacity: true)
    for _ in 0..<count { starts.append(-1) }
  }
}
