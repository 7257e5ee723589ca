// SPDX-License-Identifier: Apache-2.0
import Codecs
import Glibc
import Transport

/// Talks HTTP to one server over one connection that is kept open; each call blocks its thread.
final class ServerClient {
  /// The largest answer: a page of history with the largest events there are.
  private static let maximumBodyBytes = 64 << 20
  /// How often a wait looks whether it was abandoned.
  private static let sliceMilliseconds = 200

  /// Where the server is.
  let address: ServerAddress
  private let connect: (ServerAddress) throws(ServerClientError) -> any ByteConnection
  private var open: (connection: any ByteConnection, decoder: HTTPResponseDecoder)?

  /// Makes a client; nothing is sent yet.
  init(
    _ address: ServerAddress,
    connect: @escaping (ServerAddress) throws(ServerClientError) -> any ByteConnection
  ) {
    self.address = address
    self.connect = connect
  }

  /// Sends a request and waits for the whole answer.
  ///
  /// A request is never sent twice: when it is unknown whether it was done, that is the error.
  /// - Parameters:
  ///   - request: What to ask.
  ///   - patienceMilliseconds: How long to wait for the answer. Default one minute.
  ///   - isAbandoned: Asked a few times a second whether to stop waiting.
  /// - Returns: The answer, whatever its status.
  /// - Throws: ``ServerClientError``; the connection is then closed.
  func send(
    _ request: ServerRequest,
    patienceMilliseconds: Int = 60_000,
    isAbandoned: () -> Bool = { false }
  ) throws(ServerClientError) -> ServerResponse {
    dropIfStale()
    var (connection, decoder) = try takeConnection()
    do {
      let bytes = request.encoded(for: address, accepting: "application/json")
      try Self.write(bytes, to: connection)
      decoder.expectResponse(to: request.method)
      let response = try Self.response(
        from: connection,
        &decoder,
        patienceMilliseconds,
        isAbandoned
      )
      if decoder.keepsAlive {
        open = (connection, decoder)
      } else {
        connection.close()
      }
      return response
    } catch {
      connection.close()
      throw error
    }
  }

  /// Sends a request whose answer does not end, over a connection of its own.
  func stream(_ request: ServerRequest) throws(ServerClientError) -> ServerStream {
    let connection = try connect(address)
    let bytes = request.encoded(for: address, accepting: "text/event-stream")
    try Self.write(bytes, to: connection)
    return ServerStream(connection)
  }

  /// A server closes connections that were silent for long; such a one is replaced in time.
  private func dropIfStale() {
    guard let connection = open?.connection else { return }
    var bytes: [UInt8] = []
    do {
      // Bytes that nobody asked for are as bad as an end.
      _ = try connection.read(into: &bytes, timeoutMilliseconds: 0)
    } catch {
      if error.errno == ETIMEDOUT { return }
    }
    connection.close()
    open = nil
  }

  /// The connection that is open, or a new one; it is no longer kept.
  private func takeConnection() throws(ServerClientError) -> (
    any ByteConnection, HTTPResponseDecoder
  ) {
    if let kept = open {
      open = nil
      return kept
    }
    var limits = HTTPLimits()
    limits.maximumBodyBytes = Self.maximumBodyBytes
    return (try connect(address), HTTPResponseDecoder(limits: limits))
  }

  private static func write(
    _ bytes: [UInt8],
    to connection: any ByteConnection
  ) throws(ServerClientError) {
    do {
      try connection.write(bytes, timeoutMilliseconds: 60_000)
    } catch {
      throw .lost(error.reason)
    }
  }

  private static func response(
    from connection: any ByteConnection,
    _ decoder: inout HTTPResponseDecoder,
    _ patienceMilliseconds: Int,
    _ isAbandoned: () -> Bool
  ) throws(ServerClientError) -> ServerResponse {
    var head: HTTPResponseHead?
    var body: [UInt8] = []
    var waitedMilliseconds = 0
    var hasEnded = false
    while true {
      switch try event(from: &decoder) {
      case .interim: break
      case .head(let received): head = received
      case .body(let bytes): body.append(contentsOf: bytes)
      case .end:
        if let head { return ServerResponse(head: head, body: body) }
      case nil:
        guard !hasEnded else { throw .lost("closed by the server") }
        guard !isAbandoned() else { throw .abandoned }
        guard waitedMilliseconds < patienceMilliseconds else {
          throw .noAnswer(seconds: patienceMilliseconds / 1_000)
        }
        let slice = min(sliceMilliseconds, patienceMilliseconds - waitedMilliseconds)
        switch try connection.receive(into: &decoder, timeoutMilliseconds: slice) {
        case .bytes: waitedMilliseconds = 0
        case .nothing: waitedMilliseconds += slice
        case .end: hasEnded = true
        }
      }
    }
  }

  static func event(
    from decoder: inout HTTPResponseDecoder
  ) throws(ServerClientError) -> HTTPResponseEvent? {
    do {
      return try decoder.nextEvent()
    } catch {
      if error == .unexpectedEnd { throw .lost("closed by the server") }
      throw .notHTTP(error)
    }
  }
}
