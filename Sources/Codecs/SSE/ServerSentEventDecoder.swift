// SPDX-License-Identifier: Apache-2.0

/// Why a stream of events cannot be decoded.
public enum ServerSentEventViolation: Error, Equatable, Sendable {
  /// An event exceeds the limit.
  case eventTooLarge(limitBytes: Int)
}

/// Turns the bytes of a `text/event-stream` into events (WHATWG HTML §9.2.6), the client's side.
///
/// Lines may end with CR, LF or CRLF, cut anywhere; a byte order mark at the beginning is skipped.
public struct ServerSentEventDecoder: Sendable {
  /// What a line may hold besides its value: the longest field name, a colon and a space.
  private static let fieldNameBytes = 7

  private let maximumEventBytes: Int
  private var buffer = ReceiveBuffer()
  /// How many bytes of the buffer hold no line break.
  private var searchedCount = 0
  private var skipsLineFeed = false
  private var isFirstLine = true
  private var violation: ServerSentEventViolation?

  private var type = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var id = ""
  private var retry: Int?

  /// What to send as `Last-Event-ID` when reconnecting; empty for nothing.
  public private(set) var lastEventID = ""
  /// How long the server asked to wait before reconnecting, in milliseconds; `nil` if it did not.
  public private(set) var retryMilliseconds: Int?

  /// Creates a decoder for one response.
  ///
  /// - Parameters:
  ///   - lastEventID: The id to go on from, which holds until the stream sets another.
  ///   - maximumEventBytes: Largest event, in bytes. Default 1 MiB, as the body of a message.
  public init(lastEventID: String = "", maximumEventBytes: Int = 1 << 20) {
    self.lastEventID = lastEventID
    self.id = lastEventID
    self.maximumEventBytes = maximumEventBytes
  }

  /// Takes bytes from the connection: an array, a slice or a raw buffer, which is copied.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    guard violation == nil else { return }
    buffer.append(bytes)
  }

  /// The next event, or `nil` when more bytes are needed.
  ///
  /// Its id is that of the last event that had one. An event cut short by the end of the stream is
  /// never seen.
  /// - Throws: ``ServerSentEventViolation``, the server's fault, again on every further call.
  public mutating func nextEvent() throws(ServerSentEventViolation) -> ServerSentEvent? {
    if let violation { throw violation }
    while let line = takeLine() {
      try check(line.count - Self.fieldNameBytes)
      if line.isEmpty {
        if let event = dispatch() { return event }
      } else {
        interpret(line)
      }
      try check(data.count)
    }
    try check(buffer.count - Self.fieldNameBytes)
    return nil
  }

  private mutating func check(_ count: Int) throws(ServerSentEventViolation) {
    guard count > maximumEventBytes else { return }
    let violation = ServerSentEventViolation.eventTooLarge(limitBytes: maximumEventBytes)
    self.violation = violation
    throw violation
  }

  private mutating func takeLine() -> ArraySlice<UInt8>? {
    if skipsLineFeed, !buffer.isEmpty {
      skipsLineFeed = false
      if buffer.bytes[buffer.start] == ASCII.lineFeed { buffer.consume(1) }
    }
    skipByteOrderMark()
    let bytes = buffer.bytes
    guard let end = bytes.span.firstLineBreak(from: buffer.start + searchedCount) else {
      searchedCount = buffer.count
      return nil
    }
    let line = bytes[buffer.start..<end]
    searchedCount = 0
    skipsLineFeed = bytes[end] == ASCII.carriageReturn
    buffer.consume(line.count + 1)
    isFirstLine = false
    return line
  }

  /// As soon as it has come, so that it does not count for the limit.
  private mutating func skipByteOrderMark() {
    guard isFirstLine, buffer.count >= 3 else { return }
    isFirstLine = false
    guard buffer.bytes[buffer.start...].starts(with: [0xEF, 0xBB, 0xBF]) else { return }
    buffer.consume(3)
    searchedCount = 0
  }

  private mutating func interpret(_ line: ArraySlice<UInt8>) {
    let colon = line.firstIndex(of: ASCII.colon) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == ASCII.space { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "event": type = String(decoding: value, as: UTF8.self)
    case "data":
      if hasData { data.append(ASCII.lineFeed) }
      data.append(contentsOf: value)
      hasData = true
    case "id" where !value.contains(ASCII.null): id = String(decoding: value, as: UTF8.self)
    case "retry" where !value.isEmpty && value.allSatisfy(\.isASCIIDigit):
      retry = Int(String(decoding: value, as: UTF8.self)) ?? retry
      retryMilliseconds = retry
    default: break
    }
  }

  /// Ends a block; `nil` when it had no data.
  private mutating func dispatch() -> ServerSentEvent? {
    defer { (type, data, hasData, retry) = ("", [], false, nil) }
    lastEventID = id
    guard hasData else { return nil }
    return ServerSentEvent(
      event: type.isEmpty ? nil : type,
      id: id.isEmpty ? nil : id,
      data: data,
      retry: retry
    )
  }
}
