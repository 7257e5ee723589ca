// SPDX-License-Identifier: Apache-2.0

/// Intervals and bounds of event streams.
public struct EventStreamSettings: Sendable {
  /// How often a quiet stream gets a comment.
  ///
  /// Default 15 s, below the time-outs of proxies.
  public var heartbeatInterval: Duration = .seconds(15)
  /// When a client that lost the stream comes back.
  ///
  /// Default 1 s.
  public var retry: Duration = .seconds(1)
  /// The most topics of one stream.
  ///
  /// Default 128.
  public var maximumTopics = 128
  /// Whether streams are compressed for clients that accept gzip.
  ///
  /// Default true: an event is compressed once for all of them.
  public var compresses = true

  /// Makes the default settings.
  public init() {}
}
