// SPDX-License-Identifier: Apache-2.0
import CCurl

extension CurlTransfer {
  /// What came of the transfer, after it ended.
  func result(_ code: CURLcode, queued: Duration) -> Result<HTTPClient.Response, HTTPClient.Failure>
  {
    guard code == CURLE_OK else { return .failure(failure(code)) }
    guard assembler.hasBegun else { return .failure(.malformedResponse) }
    let response = HTTPClient.Response(
      status: assembler.status,
      fields: assembler.fields,
      body: assembler.body,
      version: version,
      timings: timings(queued: queued),
      isOnReusedConnection: number(CURLINFO_NUM_CONNECTS) == 0
    )
    return .success(response)
  }

  /// How often the answer sent us elsewhere, and we went.
  var redirectCount: Int { number(CURLINFO_REDIRECT_COUNT) }

  /// The version of HTTP that the answer came in.
  var version: HTTPClient.Version {
    switch number(CURLINFO_HTTP_VERSION) {
    case Int(CURL_HTTP_VERSION_1_0): .http1_0
    case Int(CURL_HTTP_VERSION_1_1): .http1_1
    case Int(CURL_HTTP_VERSION_2_0): .http2
    default: .other
    }
  }

  private func timings(queued: Duration) -> HTTPClient.Timings {
    HTTPClient.Timings(
      queued: queued,
      nameLookup: time(CURLINFO_NAMELOOKUP_TIME_T),
      connect: time(CURLINFO_CONNECT_TIME_T),
      tls: time(CURLINFO_APPCONNECT_TIME_T),
      firstByte: time(CURLINFO_STARTTRANSFER_TIME_T),
      total: time(CURLINFO_TOTAL_TIME_T)
    )
  }

  private func failure(_ code: CURLcode) -> HTTPClient.Failure {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unknownHost
    case CURLE_COULDNT_CONNECT: connectFailure
    case CURLE_WRITE_ERROR: assembler.failure ?? .other(code: Int(code.rawValue))
    case CURLE_OPERATION_TIMEDOUT: .timeout(phase)
    case CURLE_TOO_MANY_REDIRECTS: .tooManyRedirects(limit: redirectLimit)
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      // The first URL is of a good scheme: without a redirect, the answer was no HTTP (HTTP/0.9).
      300..<400 ~= assembler.status ? .forbiddenRedirect : .malformedResponse
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
      CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
      .connectionLost
    case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING:
      .malformedResponse
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: .exhausted(code: Int(code.rawValue))
    default: tlsFault(code).map { .tls($0, detail: detail) } ?? .other(code: Int(code.rawValue))
    }
  }

  private var connectFailure: HTTPClient.Failure {
    // An address that was allowed and tried failed for a reason of its own.
    guard let address = triedAddress else {
      return refusedAddress.map { .refusedAddress($0) } ?? .connect(nil)
    }
    if lacksDescriptor { return .exhausted(code: Int(CURLE_COULDNT_CONNECT.rawValue)) }
    let errno = CInt(truncatingIfNeeded: number(CURLINFO_OS_ERRNO))
    guard errno != 0 else { return .connect(nil) }
    return .connect(SystemError(errno: errno, operation: "connect \(address)"))
  }

  private func tlsFault(_ code: CURLcode) -> HTTPClient.TLSFault? {
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION:
      // The chain's fault has a number of its own, such as 18 for a self-signed one. 0 (verified) or
      // 1 (not said; libcurl begins with it) is left where it was the name that did not fit.
      number(CURLINFO_SSL_VERIFYRESULT) <= 1 ? .wrongName : .untrustedCertificate
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_SHUTDOWN_FAILED: .handshake
    case CURLE_SSL_CACERT_BADFILE: .certificateAuthoritiesFile
    default: nil
    }
  }
}
