// SPDX-License-Identifier: Apache-2.0
import CCurl

/// The libcurl this process runs with, set up once.
enum CurlLibrary {
  /// Sets libcurl up on the first use, and says what is missing for an event loop.
  ///
  /// Any thread may ask; the first one sets it up while the others wait.
  ///
  /// - Throws: ``HTTPClient/Failure/unsupportedLibrary(_:)``.
  static func check() throws(HTTPClient.Failure) {
    if let fault { throw .unsupportedLibrary(fault) }
  }

  /// Why this libcurl can't be used; `nil` when it can.
  private static let fault: String? = {
    guard curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK else {
      return "libcurl could not be set up"
    }
    guard let information = ccurl_version() else {
      return "libcurl does not tell its version"
    }
    return fault(of: information.pointee)
  }()

  static func fault(of information: curl_version_info_data) -> String? {
    let version = information.version.map { String(cString: $0) } ?? "of unknown version"
    // CURLOPT_QUICK_EXIT: without it, giving up a name lookup blocks until the lookup ends.
    guard information.version_num >= 0x075700 else {
      return "libcurl \(version) is older than 7.87.0"
    }
    func has(_ feature: CInt) -> Bool { information.features & feature != 0 }
    // Without it name lookups block their thread, and that is the event loop's.
    guard has(CURL_VERSION_ASYNCHDNS) else {
      return "libcurl \(version) looks names up in the caller's thread (no AsynchDNS)"
    }
    guard has(CURL_VERSION_SSL) else { return "libcurl \(version) has no TLS" }
    return nil
  }
}
