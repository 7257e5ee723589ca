// SPDX-License-Identifier: Apache-2.0

// An operator of one's own that never stands in a checkpoint need not say how it is stored. Those of
// this library all do.
extension Operator {
  /// Refuses.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    throw .notEncodable(type: "\(Self.self)")
  }

  /// Refuses.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    throw .notEncodable(type: "\(Self.self)")
  }
}
