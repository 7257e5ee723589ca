// SPDX-License-Identifier: Apache-2.0

/// Elements that leave a flow beside its output, on their way to where they go.
public struct SideWrite: Sendable {
  /// The name of where they go.
  public let name: String
  /// The number of elements.
  public let count: Int
  /// Writes them, suspends while there is no room.
  public let write: @Sendable () async throws -> Void
  /// The same as it is stored in the commit of a pipeline's output; `nil` where it can't be.
  private(set) var stored: (any StoredSideWrite)?

  /// Makes a write of elements into a sink, suspends while that has no room.
  public init<Element: Sendable>(_ elements: [Element], into sink: any FlowSink<Element>) {
    self.init(name: sink.name, count: elements.count) { try await sink.write(elements) }
    stored = sink.storedWrite(elements)
  }

  /// Makes a write of so many elements, to where `name` says.
  public init(name: String, count: Int, write: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.count = count
    self.write = write
  }
}

/// A way out of a flow beside its output: of late elements, or of those that failed.
///
/// It holds what came out in one batch; the flow's reader writes that before it goes on, so a full
/// side output holds back the flow.
public struct SideOutput<Element: Sendable>: Sendable {
  @usableFromInline let sink: any FlowSink<Element>
  @usableFromInline var elements: [Element] = []

  /// Makes an empty side output.
  ///
  /// - Parameter sink: Where the elements go.
  public init(into sink: any FlowSink<Element>) {
    self.sink = sink
  }

  /// Whether something waits to be written.
  @inlinable public var isEmpty: Bool { elements.isEmpty }

  /// Takes an element that leaves here.
  @inlinable
  public mutating func append(_ element: Element) {
    elements.append(element)
  }

  /// Hands over all that waits.
  public mutating func takeWrites(_ take: (SideWrite) -> Void) {
    guard !elements.isEmpty else { return }
    let (sink, elements) = (sink, elements)
    self.elements = []
    take(SideWrite(elements, into: sink))
  }
}
