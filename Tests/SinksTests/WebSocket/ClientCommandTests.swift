// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct ClientCommandTests {
  /// One word and the fields of what a line was read as.
  private func read(_ line: String) -> String? {
    guard let command = ClientCommand.parse(Array(line.utf8)[...]) else { return nil }
    let told: String =
      switch command.request {
      case .connect: "connect"
      case .subscribe(let request): "subscribe \(request.channel) of \(request.topic)"
      case .unsubscribe(let channel): "unsubscribe \(channel)"
      case .publish(let channel, let data): "publish \(channel) \(text(data))"
      case .ping: "ping"
      case .pong: "pong"
      case .send: "send"
      case .unavailable(let name): "unavailable \(name)"
      case .unknown(let name): "unknown \(name)"
      case .invalid(let error): "invalid \(error.code)"
      }
    return "\(command.id) \(told)"
  }

  @Test(arguments: [
    (#"{"id":1,"connect":{}}"#, "1 connect"),
    (#"{"connect":{"name":"js"},"id":1}"#, "1 connect"),
    (#"{"id":2,"subscribe":{"channel":"jobs?view=a"}}"#, "2 subscribe jobs?view=a of jobs"),
    (#"{"id":2,"unsubscribe":{"channel":"a"}}"#, "2 unsubscribe a"),
    (#"{"id":2,"publish":{"channel":"a","data":{ "b" : 1 }}}"#, #"2 publish a {"b":1}"#),
    (#"{"id":2,"publish":{"channel":"a","data":null}}"#, "2 publish a null"),
    (#"{"id":2,"ping":{}}"#, "2 ping"),
    (#"{}"#, "0 pong"),
    (#"{"send":{"data":1}}"#, "0 send"),
    (#"{"id":3,"history":{}}"#, "3 unavailable history"),
    (#"{"id":3,"presence_stats":{}}"#, "3 unavailable presence_stats"),
    (#"{"id":18446744073709551615,"rpc":{}}"#, "18446744073709551615 unavailable rpc"),
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

  @Test(arguments: ["pipe", "table", "overrun"])
  func `extensions that are not there say so`(name: String) {
    #expect(
      read(#"{"id":2,"subscribe":{"channel":"a","data":{"\#(name)":[]}}}"#) == "2 invalid 108"
    )
  }

  @Test func `a subscription's wishes are read`() throws {
    let line =
      #"{"channel":"a","recover":true,"epoch":"e","offset":7,"flag":2,"data":{"gaps":true}}"#
    let request = try SubscribeRequest(JSONView.parse(Array(line.utf8)))
    #expect(request.recover?.epoch == Epoch(rawValue: 14))
    #expect(request.recover?.offset == 7)
    #expect(request.failsUnrecovered)
    #expect(request.wantsGaps)
    let plain = try SubscribeRequest(JSONView.parse(Array(#"{"channel":"a"}"#.utf8)))
    #expect(plain.recover == nil)
    #expect(!plain.failsUnrecovered && !plain.wantsGaps)
  }
}
