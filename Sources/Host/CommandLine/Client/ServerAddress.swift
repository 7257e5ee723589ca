// SPDX-License-Identifier: Apache-2.0

/// Where a server is, as its URL says.
struct ServerAddress: Equatable, Sendable {
  /// The server on this machine with its port by default.
  static let defaultURL = "http://127.0.0.1:8080"

  /// An IP address without brackets, or `localhost`.
  let host: String
  /// The port.
  let port: UInt16
  /// Whether TLS is spoken.
  let isSecure: Bool
  /// What stands before each path, without a slash at its end; mostly empty.
  let prefix: String
  /// What says who asks.
  var credentials = ServerCredentials()

  /// The value of the `Host` field.
  var authority: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Reads a URL.
  ///
  /// - Parameters:
  ///   - url: What the person wrote.
  ///   - place: Where it was written, for the message.
  /// - Throws: ``CommandFailure`` for anything but a plain `http` or `https` URL.
  init(url: String, from place: String) throws(CommandFailure) {
    let lowered = url.lowercased()
    let remedy = "write it as \(Self.defaultURL)"
    isSecure = lowered.hasPrefix("https://")
    guard isSecure || lowered.hasPrefix("http://") else {
      throw .misuse("'\(url)' in \(place) is not an http or https URL", remedy: remedy)
    }
    let rest = url.dropFirst(isSecure ? "https://".count : "http://".count)
    let authority = rest.prefix { $0 != "/" }
    let path = rest[authority.endIndex...]
    let usualPort: Substring = isSecure ? "443" : "80"
    guard let (host, port) = Self.split(authority, usualPort), !path.contains("?"),
      !path.contains("#")
    else {
      throw .misuse("'\(url)' in \(place) does not name a server", remedy: remedy)
    }
    self.host = host
    self.port = port
    prefix = String(path.reversed().drop { $0 == "/" }.reversed())
  }

  /// Takes apart `host:port`, `host` and `[address]:port`.
  private static func split(
    _ authority: Substring,
    _ usualPort: Substring
  ) -> (String, UInt16)? {
    var host = authority
    var port = usualPort
    let isBracketed = authority.hasPrefix("[")
    if let colon = authority.lastIndex(of: ":"), !isBracketed || !authority.hasSuffix("]") {
      host = authority[..<colon]
      port = authority[authority.index(after: colon)...]
    }
    if isBracketed {
      guard host.hasSuffix("]") else { return nil }
      host = host.dropFirst().dropLast()
    }
    guard !host.isEmpty, isBracketed || !host.contains(":"), !host.contains("@"),
      !port.hasPrefix("+"), let port = UInt16(port), port > 0
    else { return nil }
    return (String(host), port)
  }
}
