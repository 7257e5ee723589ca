// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What a client asks for, with the id that the reply repeats.
struct ClientCommand: Sendable {
  enum Request: Sendable {
    case connect(ConnectRequest)
    case subscribe(SubscribeRequest)
    case unsubscribe(channel: String)
    case publish(channel: String, data: WirePayload)
    case presence(channel: String)
    case presenceStats(channel: String)
    case history(HistoryRequest)
    case ping
    /// The answer to the server's ping.
    case pong
    /// A message that wants no reply.
    case send
    case rpc(method: String, data: WirePayload?)
    case refresh(token: String)
    case subRefresh(channel: String, token: String)
    /// No method of the protocol.
    case unknown(String)
    /// A method with a field that can't be read.
    case invalid(ProtocolError)
  }

  /// How deep JSON may nest: a filter as deep as filters may, each level of which is two, in a command.
  static let maximumDepth = 2 * FilterLimits().maximumDepth + 8

  let id: UInt64
  let request: Request

  /// Reads one JSON object of a message; `nil` if it is none of the protocol's.
  static func parse(json text: ArraySlice<UInt8>) -> ClientCommand? {
    let limits = JSONLimits(maximumDepth: maximumDepth)
    guard let view = try? JSONView.parse(text, limits: limits), view.kind == .object else {
      return nil
    }
    var id: UInt64 = 0
    var method: (name: String, body: JSONView)?
    view.forEachMember { name, value in
      if name == "id" { id = value.uint64 ?? 0 } else if method == nil { method = (name, value) }
    }
    guard let method else { return id == 0 ? ClientCommand(id: 0, request: .pong) : nil }
    guard let known = WireMethod(rawValue: method.name) else {
      return id == 0 ? nil : ClientCommand(id: id, request: .unknown(method.name))
    }
    return make(id, known, method.body)
  }

  /// Reads one message in the Protobuf form; `nil` if it is none of the protocol's.
  static func parse(protobuf bytes: ArraySlice<UInt8>) -> ClientCommand? {
    guard let view = try? ProtobufMessage(Array(bytes)) else { return nil }
    let id = view.number(WireField.id.number) ?? 0
    for number in view.fieldNumbers where number != WireField.id.number {
      guard let method = WireMethod.allCases.first(where: { $0.command.number == number }) else {
        return id == 0 ? nil : ClientCommand(id: id, request: .unknown("\(number)"))
      }
      guard let body = try? view.message(number) else { return nil }
      return make(id, method, body)
    }
    return id == 0 ? ClientCommand(id: 0, request: .pong) : nil
  }

  /// Only a message without a reply may go without an id.
  private static func make(
    _ id: UInt64,
    _ method: WireMethod,
    _ body: some WireView
  ) -> ClientCommand? {
    guard id != 0 || method == .send else { return nil }
    do {
      return ClientCommand(id: id, request: try read(method, body))
    } catch {
      return ClientCommand(id: id, request: .invalid(error))
    }
  }

  private static func read(
    _ method: WireMethod,
    _ body: some WireView
  ) throws(ProtocolError) -> Request {
    let channel = WireField("channel", 1)
    switch method {
    case .connect: return .connect(try ConnectRequest(body))
    case .ping: return .ping
    case .send: return .send
    case .subscribe: return .subscribe(try SubscribeRequest(body))
    case .unsubscribe: return .unsubscribe(channel: try body.needed(channel))
    case .presence: return .presence(channel: try body.needed(channel))
    case .presenceStats: return .presenceStats(channel: try body.needed(channel))
    case .history: return .history(try HistoryRequest(body))
    case .publish:
      let name = try body.needed(channel)
      guard let data = try body.payload(WireField("data", 2)) else {
        throw .badRequest("'data' is missing")
      }
      return .publish(channel: name, data: data)
    case .rpc:
      return .rpc(
        method: try body.text(WireField("method", 2)) ?? "",
        data: try body.payload(WireField("data", 1))
      )
    case .refresh: return .refresh(token: try body.needed(WireField("token", 1)))
    case .subRefresh:
      return .subRefresh(
        channel: try body.needed(channel),
        token: try body.needed(WireField("token", 2))
      )
    }
  }
}

extension WireView {
  /// A text that must be there.
  func needed(_ field: WireField) throws(ProtocolError) -> String {
    guard let text = try text(field) else { throw .badRequest("'\(field.name)' is missing") }
    return text
  }
}
