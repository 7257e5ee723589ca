// SPDX-License-Identifier: Apache-2.0

extension HTTPClient {
  /// How far a request may get until when, each counted from the call of ``HTTPClient/send(_:)``
  /// or from the moment the request left the queue.
  ///
  /// Where redirects are followed, the first two are of the first of them; ``whole`` is of all.
  public struct Deadlines: Equatable, Sendable {
    /// Until a connection stands, TLS included, from when the request left the queue; default 5 s.
    public var connect: Duration
    /// Until the first byte of the answer, from when the request left the queue; default 15 s.
    ///
    /// Interim answers (1xx) do not count. It contains connecting and sending the body.
    public var firstByte: Duration
    /// Until everything has come, from the call on, waiting in the queue included; default 30 s.
    public var whole: Duration

    /// Sets the deadlines.
    public init(
      connect: Duration = .seconds(5),
      firstByte: Duration = .seconds(15),
      whole: Duration = .seconds(30)
    ) {
      (self.connect, self.firstByte, self.whole) = (connect, firstByte, whole)
    }
  }

  /// What becomes of a request when the queue is full.
  public enum OverflowPolicy: Equatable, Sendable {
    /// The new request fails with ``Failure/queueFull``.
    case refuseNewest
    /// The request that waits longest fails with ``Failure/queueFull`` and makes room.
    case dropOldest
  }

  /// What a client may use, and whom it may talk to.
  public struct Configuration: Sendable {
    /// Most connections at once; default 64.
    public var maximumConnectionCount = 64
    /// Most connections at once to one scheme, host and port; default 8.
    public var maximumConnectionsPerHost = 8
    /// Most lookups of names that go on after their requests were given up, above 0; default 64.
    ///
    /// Each takes a thread until the resolver gives up too, which takes it half a minute by default.
    /// Beyond it requests wait, even to hosts whose names need no lookup. Within it one counts as a
    /// connection to its host, so that a name which can't be looked up holds up its own requests first.
    public var maximumAbandonedLookupCount = 64
    /// Most requests at once to one host that speaks HTTP/2; default 64; servers allow about 100.
    public var maximumStreamsPerHost = 64
    /// Most requests that wait for a connection; default 1,024.
    public var maximumWaitingCount = 1_024
    /// Most bytes of bodies of waiting requests; default 64 MiB.
    public var maximumWaitingBytes = 64 << 20
    /// Who gives way when the queue is full; default the newest.
    public var overflow = OverflowPolicy.refuseNewest
    /// Largest body of a request, in bytes; default 16 MiB: what is sent is held in memory.
    public var maximumRequestBodyBytes = 16 << 20
    /// Largest body of a response, in bytes; default 1 MiB: an answer, not a download.
    public var maximumResponseBodyBytes = 1 << 20
    /// Largest head of a response with its trailers, in bytes; default 64 KiB.
    public var maximumResponseHeadBytes = 64 << 10
    /// Until when a request must be how far.
    public var deadlines = Deadlines()
    /// Which addresses may be connected to; default any.
    public var addresses = AddressPolicy.any
    /// A file of certificates (PEM) to trust in place of the system's; default the system's.
    public var certificateAuthoritiesFile: String?
    /// Whether `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` count; default no.
    ///
    /// Behind a proxy, ``addresses`` judges the address of the proxy: the proxy looks names up.
    public var usesEnvironmentProxy = false

    /// Takes the defaults.
    public init() {}
  }
}
