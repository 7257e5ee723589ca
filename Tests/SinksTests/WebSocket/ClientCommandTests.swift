// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct ClientCommandTests {
  /// One word and the fields of what a line was read as.
  private func read(_ line: String) -> String? {
    ClientCommand.parse(json: Array(line.utf8)[...]).map { "\($0.id) \(Self.told($0.request))" }
  }

  private func read(_ bytes: [UInt8]) -> String? {
    ClientCommand.parse(protobuf: bytes[...]).map { "\($0.id) \(Self.told($0.request))" }
  }

  private static func told(_ request: ClientCommand.Request) -> String {
    switch request {
    case .connect(let request): "connect \(request.token)"
    case .subscribe(let request): "subscribe \(request.channel) of \(request.topic)"
    case .unsubscribe(let channel): "unsubscribe \(channel)"
    case .publish(let channel, let data): "publish \(channel) \(text(data.bytes))"
    case .presence(let channel): "presence \(channel)"
    case .presenceStats(let channel): "presence_stats \(channel)"
    case .history(let request): "history \(request.channel) \(request.limit)"
    case .rpc(let method, let data): "rpc \(method) \(data.map { text($0.bytes) } ?? "-")"
    case .refresh(let token): "refresh \(token)"
    case .subRefresh(let channel, let token): "sub_refresh \(channel) \(token)"
    case .ping: "ping"
    case .pong: "pong"
    case .send: "send"
    case .unknown(let name): "unknown \(name)"
    case .invalid(let error): "invalid \(error.code)"
    }
  }

  @Test(arguments: [
    (#"{"id":1,"connect":{}}"#, "1 connect "),
    (#"{"connect":{"name":"js","token":"t"},"id":1}"#, "1 connect t"),
    (#"{"id":2,"subscribe":{"channel":"jobs?view=a"}}"#, "2 subscribe jobs?view=a of jobs"),
    (#"{"id":2,"unsubscribe":{"channel":"a"}}"#, "2 unsubscribe a"),
    (#"{"id":2,"publish":{"channel":"a","data":{ "b" : 1 }}}"#, #"2 publish a {"b":1}"#),
    (#"{"id":2,"publish":{"channel":"a","data":null}}"#, "2 publish a null"),
    (#"{"id":2,"ping":{}}"#, "2 ping"),
    (#"{}"#, "0 pong"),
    (#"{"send":{"data":1}}"#, "0 send"),
    (#"{"id":3,"history":{"channel":"a","limit":-1}}"#, "3 history a -1"),
    (#"{"id":3,"presence":{"channel":"a"}}"#, "3 presence a"),
    (#"{"id":3,"presence_stats":{"channel":"a"}}"#, "3 presence_stats a"),
    (#"{"id":18446744073709551615,"rpc":{}}"#, "18446744073709551615 rpc  -"),
    (#"{"id":3,"rpc":{"method":"m","data":{ "a":1}}}"#, #"3 rpc m {"a":1}"#),
    (#"{"id":3,"refresh":{"token":"t"}}"#, "3 refresh t"),
    (#"{"id":3,"sub_refresh":{"channel":"a","token":"t"}}"#, "3 sub_refresh a t"),
    (#"{"id":3,"explode":{}}"#, "3 unknown explode"),
  ])
  func `commands are read`(line: String, told: String) {
    #expect(read(line) == told)
  }

  @Test(arguments: [
    #"{"id":2,"subscribe":{}}"#, #"{"id":2,"subscribe":{"channel":7}}"#, #"{"id":2,"subscribe":9}"#,
    #"{"id":2,"unsubscribe":{}}"#, #"{"id":2,"publish":{"data":1}}"#,
    #"{"id":2,"publish":{"channel":"a"}}"#,
    #"{"id":2,"subscribe":{"channel":"a","recover":true,"offset":-1}}"#,
    #"{"id":2,"subscribe":{"channel":"a","recover":true,"offset":"7"}}"#,
    #"{"id":2,"subscribe":{"channel":"a","recover":true,"offset":18446744073709551616}}"#,
  ])
  func `a field of another kind is error 107`(line: String) {
    #expect(read(line) == "2 invalid 107")
  }

  @Test(arguments: [
    "", "x", "[]", "1", #"{"id":1}"#, #"{"connect":{}}"#, #"{"id":0,"connect":{}}"#,
    #"{"id":-1,"connect":{}}"#, #"{"id":"1","connect":{}}"#, #"{"id":1,"connect":{}"#,
  ])
  func `what is no command is refused`(line: String) {
    #expect(read(line) == nil)
  }

  /// A command in the Protobuf form.
  private func command(
    _ id: UInt64,
    _ field: Int,
    _ body: (inout ProtobufWriter) -> Void
  ) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.number(1, id)
    writer.message(field, body)
    return writer.bytes
  }

  @Test func `commands are read in the other form`() {
    #expect(read(command(1, 4) { $0.text(1, "t") }) == "1 connect t")
    #expect(read(command(2, 5) { $0.text(1, "a?v") }) == "2 subscribe a?v of a")
    #expect(
      read(
        command(3, 7) {
          $0.text(1, "a")
          $0.data(2, Array(#"{ "x": 1 }"#.utf8))
        }
      ) == #"3 publish a {"x":1}"#
    )
    #expect(
      read(
        command(3, 7) {
          $0.text(1, "a")
          $0.data(2, [0xFF])
        }
      ) == "3 invalid 107"
    )
    #expect(
      read(
        command(4, 10) {
          $0.text(1, "a")
          $0.number(7, Int64(-1))
        }
      ) == "4 history a -1"
    )
    #expect(read(command(5, 11) { _ in }) == "5 ping")
    #expect(read(command(6, 99) { _ in }) == "6 unknown 99")
    #expect(read([]) == "0 pong")
    #expect(read(command(0, 12) { $0.data(1, [1]) }) == "0 send")
    #expect(read(command(0, 4) { _ in }) == nil)
    #expect(read([0x08]) == nil)
    #expect(read([0x08, 0x01]) == nil)
  }

  @Test func `a tag filter says the same in both forms`() throws {
    let json =
      #"{"id":2,"subscribe":{"channel":"a","tf":{"op":"and","nodes":["#
      + #"{"key":"k","cmp":"eq","val":"v"},{"key":"n","cmp":"in","vals":["1","2"]}]}}}"#
    let bytes = command(2, 5) { subscribe in
      subscribe.text(1, "a")
      subscribe.message(13) { root in
        root.text(1, "and")
        root.message(6) { node in
          node.text(2, "k")
          node.text(3, "eq")
          node.text(4, "v")
        }
        root.message(6) { node in
          node.text(2, "n")
          node.text(3, "in")
          node.text(5, "1")
          node.text(5, "2")
        }
      }
    }
    guard case .subscribe(let one)? = ClientCommand.parse(json: Array(json.utf8)[...])?.request,
      case .subscribe(let other)? = ClientCommand.parse(protobuf: bytes[...])?.request
    else {
      Issue.record("a subscribe is not read as one")
      return
    }
    let form = try #require(one.filter?.canonicalForm)
    #expect(other.filter?.canonicalForm == form)
    let wrong = command(2, 5) { subscribe in
      subscribe.text(1, "a")
      subscribe.message(13) { $0.text(3, "eq") }
    }
    #expect(read(wrong) == "2 invalid 107")
  }

  @Test(arguments: [
    #""table":[]"#, #""table":"yes""#, #""table":null"#, #""table":true,"pipe":[]"#,
  ])
  func `a table is asked for by true, and alone`(data: String) {
    #expect(read(#"{"id":2,"subscribe":{"channel":"a","data":{\#(data)}}}"#) == "2 invalid 107")
  }

  @Test func `a subscription's wishes are read`() throws {
    let line =
      #"{"channel":"a","recover":true,"epoch":"e","offset":7,"flag":2,"data":{"gaps":true}}"#
    let request = try SubscribeRequest(JSONView.parse(Array(line.utf8)))
    #expect(request.recover?.epoch == "e")
    #expect(request.recover?.offset == 7)
    #expect(request.failsUnrecovered)
    #expect(request.wantsGaps)
    let plain = try SubscribeRequest(JSONView.parse(Array(#"{"channel":"a"}"#.utf8)))
    #expect(plain.recover == nil)
    #expect(!plain.failsUnrecovered && !plain.wantsGaps && !plain.wantsTable)
    let table = #"{"channel":"a","data":{"table":true}}"#
    #expect(try SubscribeRequest(JSONView.parse(Array(table.utf8))).wantsTable)
  }
}
