// SPDX-License-Identifier: Apache-2.0
import CCurl

/// A URL that was judged by the parser that also connects, so that both read it alike.
struct HTTPTarget: Equatable, Sendable {
  static let maximumURLBytes = 8 << 10

  /// The URL, normalised.
  let url: String
  let isHTTPS: Bool
  /// The host in lower case, an IPv6 address in brackets.
  let host: String
  /// Scheme, host and port: what shares connections.
  let origin: String

  init(_ text: String) throws(HTTPClient.RequestFault) {
    let isVisibleASCII = text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    guard isVisibleASCII, text.utf8.count <= Self.maximumURLBytes, let parsed = curl_url() else {
      throw .malformedURL
    }
    defer { curl_url_cleanup(parsed) }
    switch curl_url_set(parsed, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) {
    case CURLUE_OK: break
    default: throw .malformedURL
    }
    let scheme = Self.part(CURLUPART_SCHEME, of: parsed)
    guard scheme == "http" || scheme == "https" else { throw .unsupportedScheme }
    guard Self.part(CURLUPART_USER, of: parsed) == nil,
      Self.part(CURLUPART_PASSWORD, of: parsed) == nil
    else { throw .userInURL }
    guard let url = Self.part(CURLUPART_URL, of: parsed),
      let host = Self.part(CURLUPART_HOST, of: parsed), !host.isEmpty,
      let port = Self.part(CURLUPART_PORT, of: parsed, CURLU_DEFAULT_PORT)
    else { throw .malformedURL }
    self.url = url
    isHTTPS = scheme == "https"
    self.host = host.lowercased()
    origin = "\(isHTTPS ? "https" : "http")://\(self.host):\(port)"
  }

  private static func part(_ part: CURLUPart, of url: OpaquePointer, _ flags: CInt = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
