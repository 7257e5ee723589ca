// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The key of a flow that is not divided by any.
public struct NoKey: Hashable, Sendable {
  /// Makes the only value there is.
  @inlinable public init() {}
}

extension NoKey: StateCodable {
  /// Writes one byte.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(0))
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let index = decoder.index
    guard try decoder.readUInt64() == 0 else { throw .malformed(at: index, expected: "no key") }
  }
}
