// SPDX-License-Identifier: Apache-2.0

/// A number of which a mean, a variance or quantiles can be told.
public protocol DoubleConvertible: Sendable {
  /// The nearest `Double`.
  var asDouble: Double { get }
}

extension DoubleConvertible where Self: BinaryInteger {
  /// The nearest `Double`: exact up to 2⁵³.
  @inlinable public var asDouble: Double { Double(self) }
}

extension Int: DoubleConvertible {}
extension Int8: DoubleConvertible {}
extension Int16: DoubleConvertible {}
extension Int32: DoubleConvertible {}
extension Int64: DoubleConvertible {}
extension UInt: DoubleConvertible {}
extension UInt8: DoubleConvertible {}
extension UInt16: DoubleConvertible {}
extension UInt32: DoubleConvertible {}
extension UInt64: DoubleConvertible {}

extension Float: DoubleConvertible {
  /// The same number.
  @inlinable public var asDouble: Double { Double(self) }
}

extension Double: DoubleConvertible {
  /// The number itself.
  @inlinable public var asDouble: Double { self }
}
