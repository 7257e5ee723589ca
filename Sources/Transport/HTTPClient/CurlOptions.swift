// SPDX-License-Identifier: Apache-2.0
import CCurl

/// Sets the options of one transfer, and keeps the first failure.
struct CurlOptions {
  private let easy: UnsafeMutableRawPointer
  /// Why an option could not be set; libcurl copies texts, so it is a lack of memory.
  private(set) var fault: CURLcode?

  init(_ easy: UnsafeMutableRawPointer) {
    self.easy = easy
  }

  /// Says what to ask whom, and what libcurl must not do of itself.
  mutating func set(
    _ request: HTTPClient.Request,
    _ target: HTTPTarget,
    _ configuration: HTTPClient.Configuration,
    fields: UnsafeMutablePointer<curl_slist>?
  ) {
    set(CURLOPT_URL, target.url)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_HTTPHEADER, pointer: fields)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    // On TLS, wait for the first connection to say whether it takes several requests.
    set(CURLOPT_PIPEWAIT, target.isHTTPS ? 1 : 0)
    set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    set(CURLOPT_NOSIGNAL, 1)
    // Otherwise giving up a name lookup waits, on this very thread, until the lookup ends.
    set(CURLOPT_QUICK_EXIT, 1)
    // The client's own timer ends it, before this; libcurl divides it among a host's addresses.
    let deadlines = request.deadlines ?? configuration.deadlines
    set(CURLOPT_CONNECTTIMEOUT_MS, (deadlines.connect + .seconds(2)).clampedMilliseconds)
    if !configuration.usesEnvironmentProxy { set(CURLOPT_PROXY, "") }
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    setTLS(configuration)
    setMethod(request)
    setRedirects(request, target)
  }

  /// Says who hears of the transfer, and which memory takes the words for a failure.
  mutating func setCallbacks(
    context: UnsafeMutableRawPointer,
    errorText: UnsafeMutablePointer<CChar>
  ) {
    set(CURLOPT_PRIVATE, pointer: context)
    set(CURLOPT_ERRORBUFFER, pointer: errorText)
    set(CURLOPT_HEADERDATA, pointer: context)
    set(CURLOPT_WRITEDATA, pointer: context)
    set(CURLOPT_OPENSOCKETDATA, pointer: context)
    set(CURLOPT_RESOLVER_START_DATA, pointer: context)
    note(ccurl_set_resolver_start(easy, lookupBegins))
    note(ccurl_set_receiver(easy, CURLOPT_HEADERFUNCTION, lineReceived))
    note(ccurl_set_receiver(easy, CURLOPT_WRITEFUNCTION, bodyReceived))
    note(ccurl_set_open_socket(easy, socketWanted))
  }

  /// Leaves a transfer nothing but the lookup that it is at, for as long as that takes.
  mutating func setLookupOnly() {
    // A day is more than any resolver needs; 0 would mean five minutes.
    set(CURLOPT_CONNECTTIMEOUT_MS, 86_400_000)
    // The copy of the body, which is sent no more.
    set(CURLOPT_COPYPOSTFIELDS, pointer: nil)
  }

  private mutating func setTLS(_ configuration: HTTPClient.Configuration) {
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let file = configuration.certificateAuthoritiesFile {
      set(CURLOPT_CAINFO, file)
      // Only the file counts, not the system's directory too.
      set(CURLOPT_CAPATH, pointer: nil)
    }
  }

  private mutating func setMethod(_ request: HTTPClient.Request) {
    // A method that defines a body says its length even without one (RFC 9110 §8.6).
    let mayHaveBody = ["POST", "PUT", "PATCH"].contains(request.method)
    if let body = request.body ?? (mayHaveBody ? [] : nil) {
      set(CURLOPT_POST, 1)
      note(ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
      body.withUnsafeBytes { bytes in
        // An empty array has no address, and nil would have libcurl ask for a body elsewhere.
        if let start = bytes.baseAddress, !bytes.isEmpty {
          set(CURLOPT_COPYPOSTFIELDS, pointer: start)
        } else {
          set(CURLOPT_COPYPOSTFIELDS, "")
        }
      }
    }
    if request.method == "HEAD" { set(CURLOPT_NOBODY, 1) }
    // libcurl would keep a method set by name over redirects that change it.
    let isNatural =
      request.body == nil
      ? ["GET", "HEAD", "POST"].contains(request.method) : request.method == "POST"
    if !isNatural { set(CURLOPT_CUSTOMREQUEST, request.method) }
  }

  private mutating func setRedirects(_ request: HTTPClient.Request, _ target: HTTPTarget) {
    guard case .followed(let maximum) = request.redirects,
      ["GET", "HEAD", "POST"].contains(request.method)
    else { return }
    set(CURLOPT_FOLLOWLOCATION, 1)
    set(CURLOPT_MAXREDIRS, max(maximum, 0))
    set(CURLOPT_REDIR_PROTOCOLS_STR, target.isHTTPS ? "https" : "http,https")
  }

  private mutating func set(_ option: CURLoption, _ number: Int) {
    note(ccurl_set_number(easy, option, number))
  }

  private mutating func set(_ option: CURLoption, _ text: String) {
    note(text.withCString { ccurl_set_pointer(easy, option, $0) })
  }

  private mutating func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
    note(ccurl_set_pointer(easy, option, pointer))
  }

  private mutating func note(_ code: CURLcode) {
    if code != CURLE_OK, fault == nil { fault = code }
  }
}

extension Duration {
  /// Whole milliseconds, at least one and at most 24 days.
  fileprivate var clampedMilliseconds: Int {
    let (seconds, attoseconds) = components
    let bounded = min(max(seconds, 0), Int64(Int32.max) / 1_000)
    return max(Int(bounded) * 1_000 + Int(attoseconds / 1_000_000_000_000_000), 1)
  }
}

/// Takes a line of a head or of trailers (CURLOPT_HEADERFUNCTION); 0 ends the transfer.
private func lineReceived(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer.assembler.receive(line: line) ? line.count : 0
}

/// Takes a piece of the body (CURLOPT_WRITEFUNCTION); less than all of it ends the transfer.
private func bodyReceived(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer.assembler.receive(body: piece) ? piece.count : 0
}

/// Hears that a name is about to be looked up (CURLOPT_RESOLVER_START_FUNCTION).
private func lookupBegins(
  _ resolver: UnsafeMutableRawPointer?,
  _ reserved: UnsafeMutableRawPointer?,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let context else { return 1 }
  Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().beginLookup()
  return 0
}

/// Opens a socket for an address, or refuses to (CURLOPT_OPENSOCKETFUNCTION).
private func socketWanted(
  _ context: UnsafeMutableRawPointer?,
  _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> CInt {
  guard let context, let address else { return CURL_SOCKET_BAD }
  return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().open(address)
}
