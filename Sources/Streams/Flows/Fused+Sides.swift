// SPDX-License-Identifier: Apache-2.0

// What leaves two fused operators beside their output, and what they write into a checkpoint.
extension Fused {
  /// Whether one of the two does.
  @inlinable public static var fails: Bool { First.fails || Second.fails }
  /// Whether one of the two has something to hand over.
  @inlinable public var hasFailures: Bool {
    if First.fails, first.hasFailures { return true }
    return if Second.fails { second.hasFailures } else { false }
  }

  /// The first's, then the second's.
  @inlinable
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    first.takeFailures(take)
    second.takeFailures(take)
  }

  /// Whether one of the two has something to hand over.
  @inlinable public var hasSideWrites: Bool {
    if first.hasSideWrites { true } else { second.hasSideWrites }
  }

  /// The first's, then the second's.
  @inlinable
  public mutating func takeSideWrites(_ take: (SideWrite) -> Void) {
    first.takeSideWrites(take)
    second.takeSideWrites(take)
  }

  /// Writes the state of both, and what stands between them.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try first.encode(into: &encoder)
    try second.encode(into: &encoder)
    guard Self.holds else { return }
    try encoder.encode(behind.compactMap(\.element))
    switch behind.last {
    case nil, .element: encoder.write(UInt64(0))
    case .message(.advance(let watermark, let now)):
      encoder.write(UInt64(1))
      try watermark.encode(into: &encoder)
      try now.encode(into: &encoder)
    case .message(.fire(let now)):
      encoder.write(UInt64(2))
      try now.encode(into: &encoder)
    case .message(.finish(let now)):
      encoder.write(UInt64(3))
      try now.encode(into: &encoder)
    }
  }

  /// Reads the state of both, and what stood between them.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try first.restore(from: &decoder)
    try second.restore(from: &decoder)
    guard Self.holds else { return }
    behind = try decoder.decode([Second.Input].self).map { .element($0) }
    let index = decoder.index
    switch try decoder.readUInt64() {
    case 0: break
    case 1:
      let watermark = try Timestamp(from: &decoder)
      behind.append(.message(.advance(watermark, try Timestamp(from: &decoder))))
    case 2: behind.append(.message(.fire(try Timestamp(from: &decoder))))
    case 3: behind.append(.message(.finish(try Timestamp(from: &decoder))))
    default: throw .malformed(at: index, expected: "what an operator is told")
    }
  }
}

extension Fused.Behind {
  fileprivate var element: Second.Input? {
    if case .element(let element) = self { element } else { nil }
  }
}
