// SPDX-License-Identifier: Apache-2.0

extension HTTPFraming {
  /// What the fields say about a body, refusing all that could be understood in two ways
  /// (RFC 9112 §6.3, §11.2).
  ///
  /// - Returns: `nil` when they say nothing.
  init?(_ fields: HTTPFields, minorVersion: Int) throws(HTTPViolation) {
    let lengths = fields.values(of: "Content-Length")
    let encodings = fields.values(of: "Transfer-Encoding")
    if !encodings.isEmpty {
      guard lengths.isEmpty, minorVersion >= 1 else { throw .conflictingBodyLength }
      try Self.checkChunked(encodings)
      self = .chunked
    } else if let length = lengths.first {
      guard lengths.count == 1, length.utf8.allSatisfy(\.isASCIIDigit), let count = Int(length)
      else { throw .invalidContentLength }
      self = .length(count)
    } else {
      return nil
    }
  }

  private static func checkChunked(_ encodings: [String]) throws(HTTPViolation) {
    let codings = encodings.joined(separator: ",").split(
      separator: ",",
      omittingEmptySubsequences: false
    )
    .map { Array($0.utf8)[...].trimmingHTTPWhitespace }
    let isChunked = codings.map { $0.equalsIgnoringCase("chunked") }
    guard isChunked.last == true, !isChunked.dropLast().contains(true) else {
      throw .invalidTransferEncoding
    }
    guard codings.count == 1 else { throw .unsupportedTransferCoding }
  }
}
