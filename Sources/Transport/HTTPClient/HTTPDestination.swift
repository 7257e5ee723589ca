// SPDX-License-Identifier: Apache-2.0

/// Where a URL leads, as far as the URL alone tells: what is judged before it is kept.
///
/// It is read by the parser that also connects, which writes an IPv4 address in any of its spellings
/// (`127.1`, `0x7f000001`, `2130706433`) with four numbers. A name is not looked up: where it leads
/// shows when it is connected to, and is judged there (``AddressPolicy``).
public struct HTTPDestination: Equatable, Sendable {
  /// The URL, normalised.
  public let url: String
  /// Whether it is `https`.
  public let isHTTPS: Bool
  /// The host: a name in lower case without the root's dot, or an address without brackets.
  public let host: String
  /// The address, if the host is one or is a name of this machine; port 0.
  public let address: SocketAddress?

  /// Reads a URL.
  ///
  /// - Throws: ``HTTPClient/RequestFault`` if no client would send to it.
  public init(_ text: String) throws(HTTPClient.RequestFault) {
    let target = try HTTPTarget(text)
    url = target.url
    isHTTPS = target.isHTTPS
    var host = target.host
    if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
    // As resolvers do; the zone of an IPv6 address is no part of it.
    if host.hasSuffix(".") { host.removeLast() }
    host = String(host.prefix { $0 != "%" })
    guard !host.isEmpty else { throw .malformedURL }
    self.host = host
    // RFC 6761 §6.3: whatever a resolver says, it is this machine.
    let isLocal = host == "localhost" || host.hasSuffix(".localhost")
    // Any other text is a name.
    address = try? SocketAddress(host: isLocal ? "127.0.0.1" : host, port: 0)
  }

  /// Whether a policy lets a client connect there, as far as the URL tells.
  public func isAllowed(by policy: AddressPolicy) -> Bool {
    address.map(policy.allows) ?? true
  }
}
