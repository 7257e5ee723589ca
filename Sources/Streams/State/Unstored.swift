// SPDX-License-Identifier: Apache-2.0

// Operators that do not store their state yet say so when they are asked to.
extension Operator {
  /// Refuses.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    throw .notEncodable(type: "\(Self.self)")
  }

  /// Refuses.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    throw .notEncodable(type: "\(Self.self)")
  }
}
