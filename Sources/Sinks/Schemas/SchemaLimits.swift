// SPDX-License-Identifier: Apache-2.0

/// Bounds on schemas.
public struct SchemaLimits: Sendable {
  /// How deep schemas may nest; 32 by default.
  public var maximumDepth = 32
  /// How many schemas, properties and listed values one schema may have; 10,000 by default.
  public var maximumNodes = 10_000
  /// How many event types a registry may have; 1,000 by default.
  public var maximumTypes = 1_000
  /// How long the name of an event type may be, in bytes of UTF-8; 255 by default.
  public var maximumNameBytes = 255

  /// Makes limits, the defaults.
  public init() {}
}
