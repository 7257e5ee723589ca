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
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try first.encode(into: &encoder)
    try second.encode(into: &encoder)
    guard Self.expands else { return }
    try encoder.encode(waiting)
    switch owed {
    case nil: encoder.write(UInt64(0))
    case .advance(let watermark, let now):
      encoder.write(UInt64(1))
      try watermark.encode(into: &encoder)
      try now.encode(into: &encoder)
    case .fire(let now):
      encoder.write(UInt64(2))
      try now.encode(into: &encoder)
    case .finish(let now):
      encoder.write(UInt64(3))
      try now.encode(into: &encoder)
    }
  }

  /// Reads the state of both, and what stood between them.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try first.restore(from: &decoder)
    try second.restore(from: &decoder)
    guard Self.expands else { return }
    waiting = try decoder.decode([Second.Input].self)
    let index = decoder.index
    switch try decoder.readUInt64() {
    case 0: owed = nil
    case 1: owed = .advance(try Timestamp(from: &decoder), try Timestamp(from: &decoder))
    case 2: owed = .fire(try Timestamp(from: &decoder))
    case 3: owed = .finish(try Timestamp(from: &decoder))
    default: throw .malformed(at: index, expected: "what an operator is owed")
    }
  }
}
