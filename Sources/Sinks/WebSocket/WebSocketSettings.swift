// SPDX-License-Identifier: Apache-2.0
public import Codecs

/// Bounds and intervals of WebSocket sessions.
public struct WebSocketSettings: Sendable {
  /// What a message from a client may be.
  public var limits = WebSocketLimits()
  /// How often an idle client is pinged; the first ping comes at a random part of it.
  ///
  /// Default 25 s.
  public var pingInterval: Duration = .seconds(25)
  /// How long a client may take to answer a ping.
  ///
  /// Default 8 s.
  public var pongTimeout: Duration = .seconds(8)
  /// How long a client may take to send `connect`.
  ///
  /// Default 15 s.
  public var connectTimeout: Duration = .seconds(15)
  /// How long a publish may be held back by a slow consumer.
  ///
  /// Default 30 s.
  public var publishTimeout: Duration = .seconds(30)
  /// How many pings a client may send in a second.
  ///
  /// Default 100: one is usual in half a minute.
  public var maximumPings = 100
  /// How many publishes of one client may be held back at once; a further one is refused.
  ///
  /// Default 64.
  public var maximumHeldPublishes = 64
  /// The most channels of one client.
  ///
  /// Default 128.
  public var maximumChannels = 128
  /// The most publications of one recovery; beyond it the client pages history.
  ///
  /// Default 300.
  public var maximumRecovery = 300
  /// The most bytes of one recovery.
  ///
  /// Default 1 MiB.
  public var maximumRecoveryBytes = 1 << 20
  /// The most publications of a page of history.
  ///
  /// Default 1,000.
  public var maximumHistory = 1_000
  /// The most clients that are listed as present.
  ///
  /// Default 10,000.
  public var maximumPresence = 10_000
  /// How many calls of one client may be without an answer at once.
  ///
  /// Default 16.
  public var maximumCalls = 16
  /// The most channels of one client that have a chain of their own.
  ///
  /// Default 16.
  public var maximumChains = 16
  /// How many pages of history one client may have read from disk at once.
  ///
  /// Default 2.
  public var maximumReads = 2
  /// How many topics one connection may bring into being, on a server with keys.
  ///
  /// Default 1,000.
  public var maximumMadeTopics = 1_000
  /// What `connect` answers as the server's version.
  public var version = "weir"

  /// Makes the default settings.
  public init() {}

  /// When a session is pinged first.
  ///
  /// Those of sessions that come together are spread evenly: a Weyl sequence by the golden ratio, which
  /// asks the system for nothing, as a random number would for each connection.
  ///
  /// - Parameter number: The session's number on its loop.
  /// - Returns: The time from its beginning, a tenth of the interval to all of it.
  func firstPing(of number: UInt64) -> Duration {
    let fraction = Double((number &* 0x9E37_79B9_7F4A_7C15) >> 11) * 0x1p-53
    return pingInterval * (0.1 + 0.9 * fraction)
  }
}
