// SPDX-License-Identifier: Apache-2.0

/// Bounds on HTTP/1.1 messages from outside.
///
/// A decoder holds at most one line and one head; bodies pass through it.
public struct HTTPLimits: Sendable {
  /// Longest request or status line, in bytes.
  ///
  /// Default 8 KiB: RFC 9112 §3 asks for at least 8,000.
  public var maximumStartLineBytes = 8 << 10
  /// Longest field line, name and value, in bytes.
  ///
  /// Default 8 KiB: what nginx and Apache accept; a long token or resume position fits.
  public var maximumFieldBytes = 8 << 10
  /// Largest sum of all field lines of a head or of the trailers, in bytes.
  ///
  /// Default 64 KiB: bounds what one connection can make the server hold.
  public var maximumFieldsBytes = 64 << 10
  /// Most field lines of a head or of the trailers.
  ///
  /// Default 100, as in Apache: browsers send about 15.
  public var maximumFieldCount = 100
  /// Largest body, in bytes; `nil` for no limit.
  ///
  /// Default 1 MiB. Decoders stream bodies, so the limit protects whoever collects one.
  public var maximumBodyBytes: Int? = 1 << 20
  /// Largest sum of the chunk extensions of one body, in bytes.
  ///
  /// Default 4 KiB: nobody uses them, and they cost work without counting as body (CVE-2023-39326).
  public var maximumChunkExtensionBytes = 4 << 10

  /// Creates limits with the defaults.
  public init() {}
}
