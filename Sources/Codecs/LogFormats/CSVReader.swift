// SPDX-License-Identifier: Apache-2.0

/// Bounds on CSV from outside.
public struct CSVLimits: Sendable {
  /// Largest record, in bytes of its fields.
  ///
  /// Default 64 KiB: a forgotten quote swallows no more than that.
  public var maximumRecordBytes = 64 << 10
  /// Most fields of a record.
  ///
  /// Default 1,000: beyond what tables are made of.
  public var maximumFieldCount = 1_000

  /// Creates limits with the defaults.
  public init() {}
}

/// Why a record is not CSV, and where.
public struct CSVViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong; the raw value is the message.
  public enum Reason: String, Sendable {
    /// A quote stands inside of a field that is not in quotes.
    case strayQuote = "a quote in a field that is not in quotes"
    /// A closing quote is followed by neither separator nor line end.
    case textAfterQuote = "text after a closing quote"
    /// The input ends inside of quotes.
    case unterminatedQuote = "a quote that is never closed"
    /// A CR is not followed by LF.
    case strayCarriageReturn = "a CR without LF"
    /// A field is not UTF-8.
    case invalidUTF8 = "invalid UTF-8"
    /// The record exceeds the limit of bytes.
    case recordTooLong = "a record that is too long"
    /// The record exceeds the limit of fields.
    case tooManyFields = "a record with too many fields"
    /// The record has more or fewer fields than the header.
    case wrongFieldCount = "a record with another number of fields than the header"
  }

  /// What is wrong.
  public let reason: Reason
  /// The line at fault, from 1; for records too long or never closed the line where they begin.
  public let line: Int

  /// What is wrong and where.
  public var description: String { "\(reason.rawValue) at line \(line)" }
}

/// One record.
public struct CSVRecord: Equatable, Sendable {
  /// The header that held when the record was read.
  public let header: [String]?
  /// The fields, without their quotes.
  public let fields: [String]
  /// The line where the record begins, from 1.
  public let line: Int

  /// The field in the column that the header calls `name`, or `nil` when there is none.
  public subscript(_ name: String) -> String? { header?.firstIndex(of: name).map { fields[$0] } }
}

/// What a ``CSVReader`` finds.
public enum CSVEvent: Equatable, Sendable {
  /// A record.
  case record(CSVRecord)
  /// A record that is broken; the next event is about the one after it.
  case violation(CSVViolation)
}

/// Turns bytes into records of comma-separated values (RFC 4180).
///
/// Lines end with LF or CRLF, and may be part of fields in quotes. Empty lines are skipped. After a
/// violation reading goes on behind the next line end.
public struct CSVReader: Sendable {
  private var buffer = ReceiveBuffer()
  private var parser: CSVParser
  private var hasEnded = false

  /// The names of the columns, when there are any: each record then has as many fields.
  ///
  /// To take them from the first record, set this to its fields.
  public var header: [String]?

  /// Creates a reader.
  ///
  /// - Parameters:
  ///   - header: The names of the columns; `nil` leaves the number of fields open.
  ///   - separator: The byte between fields. Default a comma.
  ///   - limits: Bounds on records.
  public init(header: [String]? = nil, separator: UInt8 = 0x2C, limits: CSVLimits = .init()) {
    self.header = header
    parser = CSVParser(separator: separator, limits: limits)
  }

  /// Takes the next bytes: an array, a slice or a raw buffer, which is copied.
  public mutating func receive(_ bytes: some Sequence<UInt8>) { buffer.append(bytes) }

  /// Takes note that no more bytes will come, which ends a last record without a line end.
  public mutating func receiveEnd() { hasEnded = true }

  /// The next record or violation, or `nil` when more bytes are needed or all have been seen.
  public mutating func nextEvent() -> CSVEvent? {
    let bytes = buffer.bytes
    var index = buffer.start
    defer { buffer.consume(index - buffer.start) }
    do {
      while index < bytes.count {
        index = parser.takePlain(bytes, from: index)
        guard index < bytes.count else { break }
        index += 1
        if let record = try parser.take(bytes[index - 1]) { return try event(record) }
      }
      return try hasEnded ? parser.end().map(event) : nil
    } catch {
      return .violation(error)
    }
  }

  private func event(
    _ record: (fields: [String], line: Int)
  ) throws(CSVViolation) -> CSVEvent {
    guard header == nil || header?.count == record.fields.count else {
      throw CSVViolation(reason: .wrongFieldCount, line: record.line)
    }
    return .record(CSVRecord(header: header, fields: record.fields, line: record.line))
  }
}
