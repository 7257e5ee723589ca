// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What a client asks for, with the id that the reply repeats.
struct ClientCommand: Sendable {
  enum Request: Sendable {
    case connect
    case subscribe(SubscribeRequest)
    case unsubscribe(channel: String)
    case publish(channel: String, data: [UInt8])
    case ping
    /// The answer to the server's ping.
    case pong
    /// A message that wants no reply.
    case send
    /// A method of the protocol that this server does not have.
    case unavailable(String)
    /// No method of the protocol.
    case unknown(String)
    /// A method with a field that can't be read.
    case invalid(ProtocolError)
  }

  let id: UInt64
  let request: Request

  private static let unavailable: Set<String> = [
    "presence", "presence_stats", "history", "rpc", "refresh", "sub_refresh",
  ]

  /// Reads one JSON object of a message; `nil` if it is none of the protocol's.
  static func parse(_ text: ArraySlice<UInt8>) -> ClientCommand? {
    guard let view = try? JSONView.parse(text), view.kind == .object else { return nil }
    var id: UInt64 = 0
    var method: (name: String, body: JSONView)?
    view.forEachMember { name, value in
      if name == "id" { id = value.uint64 ?? 0 } else if method == nil { method = (name, value) }
    }
    guard let method else { return id == 0 ? ClientCommand(id: 0, request: .pong) : nil }
    let request = read(method.name, method.body)
    if id == 0, case .send = request { return ClientCommand(id: 0, request: .send) }
    return id == 0 ? nil : ClientCommand(id: id, request: request)
  }

  private static func read(_ method: String, _ body: JSONView) -> Request {
    switch method {
    case "connect": return .connect
    case "ping": return .ping
    case "send": return .send
    case "subscribe":
      do { return .subscribe(try SubscribeRequest(body)) } catch { return .invalid(error) }
    case "unsubscribe":
      guard let channel = body["channel"]?.string else {
        return .invalid(.badRequest("'channel' is not a string"))
      }
      return .unsubscribe(channel: channel)
    case "publish":
      guard let channel = body["channel"]?.string else {
        return .invalid(.badRequest("'channel' is not a string"))
      }
      guard let data = body["data"] else { return .invalid(.badRequest("'data' is missing")) }
      return .publish(channel: channel, data: data.compacted)
    default:
      return unavailable.contains(method) ? .unavailable(method) : .unknown(method)
    }
  }
}

/// A subscription as a client asks for it.
struct SubscribeRequest: Sendable {
  /// The channel as the client names it: a topic, perhaps with `?` and the name of a view.
  let channel: String
  /// Where to go on, if the client was there before.
  let recover: (epoch: Epoch?, offset: Offset)?
  /// Whether an unrecoverable position is to be an error.
  let failsUnrecovered: Bool
  /// Whether gaps are to be told as publications.
  let wantsGaps: Bool

  /// The topic that is read.
  var topic: String { String(channel.prefix { $0 != "?" }) }

  init(_ body: JSONView) throws(ProtocolError) {
    guard let channel = body["channel"]?.string else {
      throw .badRequest("'channel' is not a string")
    }
    self.channel = channel
    if body["recover"]?.bool == true {
      guard let offset = body["offset"].map({ $0.uint64 }) ?? 0 else {
        throw .badRequest("'offset' is not a whole number")
      }
      recover = (body["epoch"]?.string.flatMap { Epoch($0) }, offset)
    } else {
      recover = nil
    }
    failsUnrecovered = (body["flag"]?.int ?? 0) & 2 != 0
    let data = body["data"]
    wantsGaps = data?["gaps"]?.bool ?? false
    for extension_ in ["pipe", "table", "overrun"] where data?[extension_] != nil {
      throw .notAvailable("'\(extension_)' in a subscription's data")
    }
    for field in ["tf", "token"] where body[field].map({ !$0.isNull }) ?? false {
      throw .notAvailable("'\(field)' of a subscription")
    }
  }
}
