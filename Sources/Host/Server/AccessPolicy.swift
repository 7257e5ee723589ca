// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Decides which requests may be answered at all: any web page can reach a loopback server, so a
/// name or an origin that the server was not told is refused.
struct AccessPolicy: Sendable {
  /// Names under which the server may be addressed, without port, in lower case.
  let hosts: Set<String>
  /// Origins besides the server's own that may use it, as browsers send them.
  let origins: Set<String>
  /// What the server's own URL begins with: `http` or `https`.
  private let scheme: String
  /// The names once more, to be compared with bytes.
  private let names: [String]

  init(configuration: Configuration) {
    hosts = Set(
      (["localhost", "127.0.0.1", "[::1]", configuration.host] + configuration.allowedHosts)
        .map { Self.name(of: Self.bracketed($0.lowercased())) }.filter { !$0.isEmpty }
    )
    names = hosts.sorted()
    origins = Set(configuration.allowedOrigins.map { $0.lowercased() })
    scheme = configuration.tls == nil ? "http" : "https"
  }

  /// Checks a request's `Host` and `Origin`.
  func check(_ head: HTTPRequestHead) throws(Problem) {
    if isPlain(head) { return }
    let authority = head.authority?.lowercased() ?? ""
    guard hosts.contains(Self.name(of: authority)) else {
      throw Problem(
        403,
        "Foreign host",
        "the server does not answer for the host '\(authority)'",
        remedy: "use \(scheme)://127.0.0.1 with the server's port, or name the host in "
          + "\"allowedHosts\"",
        field: "Host"
      )
    }
    let given = head.fields.values(of: "Origin")
    guard given.count <= 1 else { throw Self.foreign(given.joined(separator: ", ")) }
    if given.isEmpty { return try Self.checkSite(head) }
    if let origin = foreignOrigin(of: head), !origins.contains(origin) {
      throw Self.foreign(origin)
    }
  }

  /// Whether a request names the server as it is called, and no browser has sent it: most are, and
  /// looking at their bytes is enough.
  private func isPlain(_ head: HTTPRequestHead) -> Bool {
    let fields = head.fields
    guard head.target.utf8.first == UInt8(ascii: "/"), let authority = fields.bytes(of: "Host"),
      fields.bytes(of: "Origin") == nil, fields.bytes(of: "Sec-Fetch-Site") == nil
    else { return false }
    let name = authority.prefix { $0 != UInt8(ascii: ":") }
    return names.contains { name.equalsIgnoringCase($0) }
  }

  /// The origin of the page that has sent a request; `nil` for the server's own pages, which name it
  /// with some requests only (Fetch standard, 3.2), and for what is no page.
  func foreignOrigin(of head: HTTPRequestHead) -> String? {
    guard let origin = head.fields["Origin"]?.lowercased() else { return nil }
    return origin == "\(scheme)://\(head.authority?.lowercased() ?? "")" ? nil : origin
  }

  /// What lets a page of a listed origin read the answer (Fetch standard, CORS protocol).
  func crossOriginFields(_ head: HTTPRequestHead) -> HTTPFields {
    guard let origin = head.fields["Origin"], origins.contains(origin.lowercased()) else {
      return [:]
    }
    return [
      "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "ETag",
      "Vary": "Origin",
    ]
  }

  /// The answer to a browser that asks whether such a page may send what it wants to send.
  func preflight(_ head: HTTPRequestHead) -> HTTPResponse? {
    guard head.method == "OPTIONS", let wanted = head.fields["Access-Control-Request-Method"],
      !crossOriginFields(head).isEmpty
    else { return nil }
    let fields = head.fields["Access-Control-Request-Headers"] ?? ""
    return HTTPResponse(
      204,
      fields: [
        "Access-Control-Allow-Methods": wanted, "Access-Control-Allow-Headers": fields,
        "Access-Control-Max-Age": "600",
      ]
    )
  }

  /// Refuses what a page of another site makes a browser fetch without saying the page's origin, as
  /// an image does; following a link to the dashboard is no such thing.
  private static func checkSite(_ head: HTTPRequestHead) throws(Problem) {
    let site = head.fields["Sec-Fetch-Site"] ?? "none"
    if site == "none" || site == "same-origin" { return }
    let isLink =
      head.fields["Sec-Fetch-Mode"] == "navigate" && head.fields["Sec-Fetch-Dest"] == "document"
      && head.path == "/"
    if !isLink { throw foreign(site) }
  }

  /// An IPv6 address as it stands in an authority.
  private static func bracketed(_ host: String) -> String {
    host.count { $0 == ":" } > 1 && !host.hasPrefix("[") ? "[\(host)]" : host
  }

  private static func foreign(_ origin: String) -> Problem {
    Problem(
      403,
      "Foreign origin",
      "pages of the origin '\(origin)' may not use this server",
      remedy: "open the page from the server itself, or name the origin in \"allowedOrigins\"",
      field: "Origin"
    )
  }

  /// The host of an authority, without its port.
  private static func name(of authority: String) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[...end])
    }
    return String(authority.prefix { $0 != ":" })
  }
}
