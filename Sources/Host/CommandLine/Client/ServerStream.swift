// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The events of a `text/event-stream` answer, one after the other; each call blocks its thread.
final class ServerStream {
  /// What waiting for an event brought.
  enum Outcome: Equatable {
    /// An event.
    case event(ServerSentEvent)
    /// Nothing within the time.
    case nothing
    /// A part of an event, a comment or the head of the answer: the server is alive.
    case alive
    /// The server ended the stream.
    case ended
  }

  private let connection: any ByteConnection
  private var decoder: HTTPResponseDecoder
  private var events = ServerSentEventDecoder(maximumEventBytes: 4 << 20)
  private var refusal: ServerResponse?
  private var hasEnded = false

  /// Reads what a connection brings after its request was sent.
  init(_ connection: any ByteConnection) {
    self.connection = connection
    var limits = HTTPLimits()
    limits.maximumBodyBytes = nil
    decoder = HTTPResponseDecoder(limits: limits)
    decoder.expectResponse(to: "GET")
  }

  deinit { connection.close() }

  /// The next event that is there or comes within a time.
  ///
  /// - Parameter timeoutMilliseconds: How long to wait for bytes.
  /// - Returns: What came.
  /// - Throws: ``StreamFailure``.
  func next(timeoutMilliseconds: Int) throws(StreamFailure) -> Outcome {
    if let event = try takeEvent() { return .event(event) }
    guard !hasEnded else { return .ended }
    switch try receive(timeoutMilliseconds) {
    case .nothing: return .nothing
    case .end: hasEnded = true
    case .bytes: break
    }
    try decode()
    if let event = try takeEvent() { return .event(event) }
    return hasEnded ? .ended : .alive
  }

  private func receive(_ timeoutMilliseconds: Int) throws(StreamFailure) -> Reception {
    do {
      return try connection.receive(into: &decoder, timeoutMilliseconds: timeoutMilliseconds)
    } catch {
      throw .connection(error)
    }
  }

  private func takeEvent() throws(StreamFailure) -> ServerSentEvent? {
    do {
      return try events.nextEvent()
    } catch {
      throw .connection(.lost("an event of more than 4 MiB"))
    }
  }

  /// Takes the answer apart; one that is no stream is collected and thrown at its end.
  private func decode() throws(StreamFailure) {
    while true {
      let event: HTTPResponseEvent?
      do { event = try ServerClient.event(from: &decoder) } catch { throw .connection(error) }
      switch event {
      case .head(let head):
        let isStream = head.fields["Content-Type"]?.hasPrefix("text/event-stream") == true
        if head.status != 200 || !isStream { refusal = ServerResponse(head: head, body: []) }
      case .body(let bytes):
        if refusal == nil { events.receive(bytes) } else { refusal?.body.append(contentsOf: bytes) }
      case .end:
        if let refusal { throw .refused(refusal) }
        hasEnded = true
      case .interim: break
      case nil: return
      }
    }
  }
}

/// Why a stream of events ended or did not begin.
enum StreamFailure: Error {
  /// The server answered something else.
  case refused(ServerResponse)
  /// The connection was lost, or did not come about.
  case connection(ServerClientError)
}
