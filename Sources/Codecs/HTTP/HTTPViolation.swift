// SPDX-License-Identifier: Apache-2.0

/// How the other side broke HTTP/1.1 (RFC 9110, RFC 9112) or exceeded a limit.
///
/// After one of these, where the next message begins is unknown: answer and close.
public enum HTTPViolation: Error, Equatable, Sendable {
  /// The request line is not "method target HTTP/digit.digit".
  case malformedRequestLine
  /// The status line is not "HTTP/digit.digit status reason".
  case malformedStatusLine
  /// The major version is not 1.
  case unsupportedVersion
  /// The method needs a tunnel (CONNECT).
  case unsupportedMethod
  /// The target is no path, no URL of ours, or is not percent-encoded properly.
  case invalidTarget
  /// The request or status line exceeds the limit.
  case startLineTooLong(limitBytes: Int)
  /// A CR or LF stands alone, where some read a line's end and some do not.
  case bareLineBreak
  /// A field name is empty, holds a character it must not or is followed by whitespace.
  case invalidFieldName
  /// A field value holds a control character.
  case invalidFieldValue
  /// A field line begins with whitespace (RFC 9112 §5.2).
  case foldedField
  /// A field line exceeds the limit.
  case fieldTooLong(limitBytes: Int)
  /// The field lines together exceed the limit.
  case fieldsTooLong(limitBytes: Int)
  /// There are more field lines than the limit.
  case tooManyFields(limit: Int)
  /// A request of HTTP/1.1 has no Host, or a request has several (RFC 9112 §3.2).
  case missingOrRepeatedHost
  /// The Host is not a name or an address with an optional port, or an absolute target has none.
  case invalidHost
  /// The Content-Length is repeated, not a number, or too large to count.
  case invalidContentLength
  /// There is both a Content-Length and a Transfer-Encoding, or the latter in HTTP/1.0.
  case conflictingBodyLength
  /// The last transfer coding is not chunked, or chunked occurs twice.
  case invalidTransferEncoding
  /// There is a transfer coding other than chunked.
  case unsupportedTransferCoding
  /// A chunk's size is not a hexadecimal number, or its data do not end where it says.
  case invalidChunk
  /// The chunk extensions exceed the limit.
  case chunkExtensionsTooLong(limitBytes: Int)
  /// The body exceeds the limit.
  case bodyTooLarge(limitBytes: Int)
  /// The connection ended inside a message.
  case unexpectedEnd

  /// The status to answer with before closing (RFC 9110 §15.5, §15.6; RFC 6585 §5).
  public var suggestedStatus: Int {
    switch self {
    case .bodyTooLarge: 413
    case .startLineTooLong: 414
    case .fieldTooLong, .fieldsTooLong, .tooManyFields: 431
    case .unsupportedMethod, .unsupportedTransferCoding: 501
    case .unsupportedVersion: 505
    case .malformedRequestLine, .malformedStatusLine, .invalidTarget, .bareLineBreak,
      .invalidFieldName, .invalidFieldValue, .foldedField, .missingOrRepeatedHost, .invalidHost,
      .invalidContentLength, .conflictingBodyLength, .invalidTransferEncoding, .invalidChunk,
      .chunkExtensionsTooLong, .unexpectedEnd:
      400
    }
  }
}

extension HTTPViolation: CustomStringConvertible {
  /// What is wrong, for the person who wrote the other side.
  public var description: String {
    switch self {
    case .malformedRequestLine: "the request line is not 'METHOD target HTTP/1.1'"
    case .malformedStatusLine: "the status line is not 'HTTP/1.1 status reason'"
    case .unsupportedVersion: "the HTTP version is not 1.0 or 1.1"
    case .unsupportedMethod: "the method is not supported"
    case .invalidTarget: "the request target is invalid"
    case .startLineTooLong(let limit): "the first line is longer than \(limit) bytes"
    case .bareLineBreak: "a CR or LF stands alone"
    case .invalidFieldName: "a header field's name is invalid"
    case .invalidFieldValue: "a header field's value holds a control character"
    case .foldedField: "a header field is folded over several lines"
    case .fieldTooLong(let limit): "a header field is longer than \(limit) bytes"
    case .fieldsTooLong(let limit): "the header fields are longer than \(limit) bytes"
    case .tooManyFields(let limit): "there are more than \(limit) header fields"
    case .missingOrRepeatedHost: "there must be exactly one Host field"
    case .invalidHost: "the host is invalid"
    case .invalidContentLength: "the Content-Length is repeated or not a number"
    case .conflictingBodyLength: "Content-Length and Transfer-Encoding exclude each other"
    case .invalidTransferEncoding: "the last transfer coding must be chunked, once"
    case .unsupportedTransferCoding: "no transfer coding but chunked is supported"
    case .invalidChunk: "a chunk's size or end is invalid"
    case .chunkExtensionsTooLong(let limit): "the chunk extensions are longer than \(limit) bytes"
    case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes"
    case .unexpectedEnd: "the connection ended inside a message"
    }
  }
}
