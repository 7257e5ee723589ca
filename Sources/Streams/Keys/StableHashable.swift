// SPDX-License-Identifier: Apache-2.0

/// A value whose hash is the same in every process, on every machine and in every release.
///
/// A type of your own combines what tells its values apart:
///
/// ```swift
/// extension Route: StableHashable {
///   func stableHash(into hasher: inout StableHasher) {
///     method.stableHash(into: &hasher)
///     path.stableHash(into: &hasher)
///   }
/// }
/// ```
public protocol StableHashable: Sendable {
  /// Combines what tells this value from others.
  func stableHash(into hasher: inout StableHasher)
}

extension StableHashable {
  /// The hash of the value alone.
  @inlinable public var stableHash: UInt64 {
    var hasher = StableHasher()
    stableHash(into: &hasher)
    return hasher.hash
  }
}

extension StableHashable where Self: FixedWidthInteger {
  /// Combines its lowest 64 bits: equal numbers of different types have the same hash.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    hasher.combine(UInt64(truncatingIfNeeded: self))
  }
}

extension Int: StableHashable {}
extension Int8: StableHashable {}
extension Int16: StableHashable {}
extension Int32: StableHashable {}
extension Int64: StableHashable {}
extension UInt: StableHashable {}
extension UInt8: StableHashable {}
extension UInt16: StableHashable {}
extension UInt32: StableHashable {}
extension UInt64: StableHashable {}

extension StableHashable where Self: RawRepresentable, RawValue: StableHashable {
  /// Combines the raw value.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    rawValue.stableHash(into: &hasher)
  }
}

extension Bool: StableHashable {
  /// Combines 1 or 0.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    hasher.combine(self ? 1 : 0)
  }
}

extension Double: StableHashable {
  /// Combines the bits; both zeros are one value, and so are all that are no number.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    hasher.combine(isNaN ? Double.nan.bitPattern : self == 0 ? 0 : bitPattern)
  }
}

extension Float: StableHashable {
  /// Combines the same number as a `Double`.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    Double(self).stableHash(into: &hasher)
  }
}

extension String: StableHashable {
  /// Combines the UTF-8: a letter written as one scalar or as two gives two hashes.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    hasher.combine(bytes: utf8.span)
  }
}

extension Timestamp: StableHashable {
  /// Combines the milliseconds.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    hasher.combine(UInt64(bitPattern: milliseconds))
  }
}

extension Optional: StableHashable where Wrapped: StableHashable {
  /// Combines whether there is a value, then the value.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    guard let value = self else { return hasher.combine(0) }
    hasher.combine(1)
    value.stableHash(into: &hasher)
  }
}

extension Array: StableHashable where Element: StableHashable {
  /// Combines the number of elements, then each.
  @inlinable
  public func stableHash(into hasher: inout StableHasher) {
    hasher.combine(UInt64(count))
    for element in self { element.stableHash(into: &hasher) }
  }
}
