// SPDX-License-Identifier: Apache-2.0

extension HTTPFraming {
  /// What the fields say about a body, refusing all that could be understood in two ways
  /// (RFC 9112 §6.3, §11.2).
  ///
  /// - Returns: `nil` when they say nothing.
  init?(_ fields: HTTPFields, minorVersion: Int) throws(HTTPViolation) {
    let hasLength = fields.bytes(of: "Content-Length") != nil
    if fields.bytes(of: "Transfer-Encoding") != nil {
      guard !hasLength, minorVersion >= 1 else { throw .conflictingBodyLength }
      try Self.checkChunked(fields.values(of: "Transfer-Encoding"))
      self = .chunked
    } else if hasLength {
      guard let count = fields.contentLength else { throw .invalidContentLength }
      self = .length(count)
    } else {
      return nil
    }
  }

  /// Refuses empty elements too, which RFC 9110 §5.6.1.2 would ignore: not all servers do so here.
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

extension HTTPFields {
  /// The one `Content-Length`; `nil` when there is none, or one that could be read in two ways.
  var contentLength: Int? {
    guard let digits = bytes(of: "Content-Length"), !digits.isEmpty,
      count(of: "Content-Length") == 1
    else { return nil }
    var length = 0
    for digit in digits {
      guard digit.isASCIIDigit else { return nil }
      let (shifted, isTooLarge) = length.multipliedReportingOverflow(by: 10)
      let (sum, isAlsoTooLarge) = shifted.addingReportingOverflow(Int(digit - ASCII.zero))
      guard !isTooLarge, !isAlsoTooLarge else { return nil }
      length = sum
    }
    return length
  }
}
