// SPDX-License-Identifier: Apache-2.0

/// One event of a `text/event-stream` (WHATWG HTML §9.2).
public struct ServerSentEvent: Equatable, Sendable {
  /// The event's type; `nil` for the default, `message`.
  public var event: String?
  /// What a client sends back as `Last-Event-ID` to resume after this event; `nil` for no change.
  public var id: String?
  /// The data, UTF-8; line breaks of any kind arrive as LF.
  public var data: [UInt8]
  /// How long a client waits before it reconnects, in milliseconds; `nil` for no change.
  public var retry: Int?

  /// Creates an event.
  public init(event: String? = nil, id: String? = nil, data: [UInt8], retry: Int? = nil) {
    self.event = event
    self.id = id
    self.data = data
    self.retry = retry
  }

  /// Appends the event as it goes over the wire, up to and including the empty line.
  ///
  /// A type or an id with a line break, or an id with a NUL, cannot be expressed and is left out.
  public func encode(into output: inout [UInt8]) {
    if let event, Self.isOneLine(event) { Self.encode("event: ", event, into: &output) }
    if let id, Self.isOneLine(id), !id.utf8.contains(ASCII.null) {
      Self.encode("id: ", id, into: &output)
    }
    if let retry { Self.encode("retry: ", String(max(0, retry)), into: &output) }
    Self.encodeLines("data: ", data, into: &output)
    output.append(ASCII.lineFeed)
  }

  /// Appends a comment, which clients ignore; a heartbeat when empty.
  public static func encodeComment(_ text: String = "", into output: inout [UInt8]) {
    // Without the empty line behind it, of which some clients make an event once they have seen an id.
    encodeLines(":", Array(text.utf8), into: &output)
  }

  private static func encode(_ field: String, _ value: String, into output: inout [UInt8]) {
    output.append(contentsOf: field.utf8)
    output.append(contentsOf: value.utf8)
    output.append(ASCII.lineFeed)
  }

  /// Appends each line of `text`, ended by CR, LF or CRLF, after `field`.
  private static func encodeLines(
    _ field: String,
    _ text: [UInt8],
    into output: inout [UInt8]
  ) {
    var start = 0
    while true {
      let end = text.span.firstLineBreak(from: start) ?? text.count
      output.append(contentsOf: field.utf8)
      output.append(contentsOf: text[start..<end])
      output.append(ASCII.lineFeed)
      guard end < text.count else { return }
      let isPair =
        text[end] == ASCII.carriageReturn && end + 1 < text.count
        && text[end + 1] == ASCII.lineFeed
      start = end + (isPair ? 2 : 1)
    }
  }

  private static func isOneLine(_ text: String) -> Bool {
    !text.utf8.contains { $0 == ASCII.carriageReturn || $0 == ASCII.lineFeed }
  }
}

extension Span<UInt8> {
  /// The index of the first CR or LF from `start` on.
  func firstLineBreak(from start: Int) -> Int? {
    var index = start
    while index < count {
      if self[index] == ASCII.lineFeed || self[index] == ASCII.carriageReturn { return index }
      index &+= 1
    }
    return nil
  }
}
