// SPDX-License-Identifier: Apache-2.0

extension HTTPClient {
  /// The version of HTTP that a response came in.
  public enum Version: Equatable, Sendable {
    /// RFC 1945.
    case http1_0
    /// RFC 9112.
    case http1_1
    /// RFC 9113.
    case http2
    /// A later one.
    case other
  }

  /// When a request was how far, counted from when it left the queue.
  ///
  /// On a connection that was open already, the first three are about zero.
  public struct Timings: Equatable, Sendable {
    /// How long it waited in the queue, before everything else.
    public internal(set) var queued = Duration.zero
    /// When the host's addresses were known.
    public internal(set) var nameLookup = Duration.zero
    /// When the TCP connection stood.
    public internal(set) var connect = Duration.zero
    /// When TLS stood; zero without TLS.
    public internal(set) var tls = Duration.zero
    /// When the first byte of the response came.
    public internal(set) var firstByte = Duration.zero
    /// When everything had come.
    public internal(set) var total = Duration.zero
  }

  /// What a server answered.
  public struct Response: Sendable {
    /// The status code.
    public let status: Int
    /// The header fields in their order; trailers are dropped.
    public let fields: [Field]
    /// The body, as the server sent it: nothing is decompressed.
    public let body: [UInt8]
    /// The version of HTTP.
    public let version: Version
    /// When the request was how far.
    public let timings: Timings
    /// Whether a connection that was open already served it.
    public let isOnReusedConnection: Bool

    /// The value of the first field called `name`, whatever its case.
    public subscript(_ name: String) -> String? {
      let wanted = name.lowercased()
      return fields.first { $0.name.lowercased() == wanted }?.value
    }
  }
}
