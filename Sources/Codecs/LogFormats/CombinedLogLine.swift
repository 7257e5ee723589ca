// SPDX-License-Identifier: Apache-2.0

/// Why a line is not in the common or combined log format.
public struct LogViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// The fields of a line, in order; the raw value says what was expected.
  public enum Field: String, Sendable {
    /// The client's address or name.
    case client = "a client address"
    /// The identity by RFC 1413.
    case identity = "an identity or '-'"
    /// The authenticated user.
    case user = "a user or '-'"
    /// The time.
    case time = "a time such as [17/May/2015:10:05:03 +0000]"
    /// The request line.
    case request = "a request in quotes"
    /// The status code.
    case status = "a status of three digits"
    /// The size of the response.
    case bytes = "a number of bytes or '-'"
    /// The page that led here.
    case referrer = "a referrer in quotes"
    /// The client's software.
    case agent = "an agent in quotes"
  }

  /// The field at fault.
  public let field: Field
  /// Where it should begin, in bytes from the beginning of the line.
  public let offset: Int

  /// What was expected and where.
  public var description: String { "expected \(field.rawValue) at column \(offset + 1)" }
}

/// One line of a web server's log in Apache's combined format, or in the common one without the last
/// two fields (Apache HTTP Server, mod_log_config).
public struct CombinedLogLine: Equatable, Sendable {
  /// The client's address or name.
  public let client: String
  /// The identity by RFC 1413; `nil` for `-`.
  public let identity: String?
  /// The authenticated user; `nil` for `-`.
  public let user: String?
  /// When the request came, in milliseconds since 1970-01-01T00:00:00Z.
  public let time: Int64
  /// The method; `nil` when the request line is not `METHOD target HTTP/x`.
  public let method: String?
  /// The target as written, query included; the whole request line when it has no such form.
  public let target: String
  /// The protocol, such as `HTTP/1.1`; `nil` as the method.
  public let protocolVersion: String?
  /// The status code.
  public let status: Int
  /// The size of the response without its head; zero for `-`.
  public let bytes: Int64
  /// The page that led here; `nil` for `-` and in the common format.
  public let referrer: String?
  /// The client's software; `nil` for `-` and in the common format.
  public let agent: String?

  /// Reads one line, without its end.
  ///
  /// Escapes in quoted fields are undone; bytes that are not UTF-8 then read as U+FFFD. A last quoted
  /// field that is not closed ends with the line. What follows the agent is ignored.
  /// - Throws: ``LogViolation``, with the field at fault.
  public static func parse(_ line: ArraySlice<UInt8>) throws(LogViolation) -> CombinedLogLine {
    var reader = LogLineReader(line)
    let client = try reader.word(.client)
    let identity = try reader.word(.identity)
    let user = try reader.user()
    let time = try reader.time()
    let request = Request(try reader.quoted(.request))
    let status = try reader.status()
    let bytes = try reader.byteCount()
    let referrer = reader.isAtEnd ? nil : try reader.quoted(.referrer)
    let agent = reader.isAtEnd ? nil : try reader.quoted(.agent)
    return CombinedLogLine(
      client: client,
      identity: Self.presence(identity),
      user: Self.presence(user),
      time: time,
      method: request.method,
      target: request.target,
      protocolVersion: request.protocolVersion,
      status: status,
      bytes: bytes,
      referrer: referrer.flatMap(Self.presence),
      agent: agent.flatMap(Self.presence)
    )
  }

  private static func presence(_ text: String) -> String? { text == "-" ? nil : text }

  /// The parts of a request line.
  private struct Request {
    var method: String?
    var target: String
    var protocolVersion: String?

    init(_ line: String) {
      let parts = line.utf8.split(separator: ASCII.space, omittingEmptySubsequences: false)
      target = line
      guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(\.isHTTPToken),
        parts[2].starts(with: "HTTP/".utf8)
      else { return }
      (method, target) = (String(Substring(parts[0])), String(Substring(parts[1])))
      protocolVersion = String(Substring(parts[2]))
    }
  }
}
