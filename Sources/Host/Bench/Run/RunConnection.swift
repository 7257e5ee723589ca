// SPDX-License-Identifier: Apache-2.0
import Codecs
import Synchronization
import Transport

/// One connection of a run: a subscriber's or a publisher's; confined to the run's loop.
protocol RunConnection: AnyObject {
  /// The socket and what waits to be sent.
  var connection: Connection { get }
  /// Whether it can do what it is for.
  var isReady: Bool { get }

  /// Sends what begins the connection, once it has come about.
  func opened()
  /// Takes what came.
  ///
  /// - Throws: ``ConnectionFault`` when the server broke a rule or refused.
  func receive(_ bytes: [UInt8], at instant: MonotonicInstant) throws(ConnectionFault)
  /// Takes note that the connection is over.
  func ended() throws(ConnectionFault)
}

/// Why a connection of a run is of no use any more.
struct ConnectionFault: Error, Equatable {
  /// What happened.
  var what: String
  /// What helps.
  var remedy = ""

  /// The server answered a request otherwise than needed.
  static func refused(_ head: HTTPResponseHead, _ target: String) -> ConnectionFault {
    let remedy =
      switch head.status {
      case 401, 403: "WEIR_TOKEN or WEIR_API_KEY says who asks; it must be allowed to do both"
      case 404: "check --server, --dialect and --topic"
      case 429, 503: "the server has no room; try fewer, or raise its limits"
      default: ""
      }
    return ConnectionFault(what: "\(target) was answered with \(head.status)", remedy: remedy)
  }

  /// The server said something that cannot be understood.
  static func notUnderstood(_ error: any Error) -> ConnectionFault {
    ConnectionFault(
      what: "the server's answer is not understood: \(error)",
      remedy: "check --dialect"
    )
  }
}

/// The client's half of the exchange that opens a WebSocket.
struct WebSocketOpener {
  private let key = Self.makeKey()
  private let target: String
  private var decoder = HTTPResponseDecoder()

  private static let salt = SecureRandom.bytes(8)
  private static let madeCount = Atomic<UInt64>(0)

  /// A key that no other connection has (RFC 6455 §4.1): random for the run, counted within it, as
  /// the random bytes cost more than the rest of the exchange.
  private static func makeKey() -> String {
    let number = madeCount.wrappingAdd(1, ordering: .relaxed).newValue
    return Base64.encode(salt + withUnsafeBytes(of: number) { unsafe Array($0) })
  }

  /// Prepares the exchange.
  init(target: String) { self.target = target }

  /// The request; with `credentials` it says who asks, which else the first command does.
  func request(host: String, as credentials: ServerCredentials? = nil) -> [UInt8] {
    var head = WebSocketHandshake.request(target: target, host: host, key: key)
    credentials?.add(to: &head.fields)
    var bytes: [UInt8] = []
    head.encode(into: &bytes)
    return bytes
  }

  /// Takes bytes of the answer.
  ///
  /// - Returns: What followed the answer; `nil` while that is not complete.
  mutating func receive(_ bytes: [UInt8]) throws(ConnectionFault) -> [UInt8]? {
    decoder.receive(bytes)
    do {
      while let event = try decoder.nextEvent() {
        guard case .head(let head) = event else { continue }
        guard head.status == 101 else { throw ConnectionFault.refused(head, target) }
        _ = try WebSocketHandshake.validate(response: head, key: key, sha1: Digest.sha1)
        return decoder.takeBuffered()
      }
      return nil
    } catch let fault as ConnectionFault {
      throw fault
    } catch {
      throw .notUnderstood(error)
    }
  }
}

extension WebSocketFrame {
  /// A client's frame, masked at random.
  static func masked(_ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    encode(opcode, payload, mask: UInt32.random(in: .min ... .max), into: &bytes)
    return bytes
  }
}
