// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Testing

@testable import Host

@Suite struct GrantTests {
  private func identity(_ more: String) throws(TokenFailure) -> ClientIdentity {
    guard let token = try? TokenBench.valid(more), let verifier = try? TokenBench.verifier() else {
      throw .noKeys
    }
    return try verifier.identity(of: token, at: TokenBench.now)
  }

  private func failure(_ more: String) throws -> TokenFailure? {
    try TokenBench.verifier().failure(of: TokenBench.valid(more))
  }

  @Test func `a token without grants grants nothing`() throws {
    let identity = try identity("")
    #expect(identity.grants.permissions(for: "news") == nil)
    #expect(identity.subscriptions == [] && identity.limits == [:])
    #expect(identity.info == nil && identity.meta == nil)
  }

  @Test func `the first rule that names a channel decides`() throws {
    let grants = try identity(
      #""caps":[{"channels":["news","jobs"],"allow":["sub","hst"]},{"channels":["news"],"allow":["pub"]},"#
        + #"{"channels":["room:*"],"match":"wildcard","allow":["pub","prs","hold","??"]}]"#
    ).grants
    #expect(grants.permissions(for: "news") == [.subscribe, .history])
    #expect(grants.permissions(for: "jobs") == [.subscribe, .history])
    #expect(grants.permissions(for: "room:7") == [.publish, .presence, .hold])
    #expect(grants.permissions(for: "rooms") == nil)
    #expect(grants.permissions(for: "News") == nil)
    #expect(grants.permissions(for: "news:1") == nil)
  }

  @Test func `a star means something only where it says so`() throws {
    let grants = try identity(#""caps":[{"channels":["*"],"allow":["sub"]}]"#).grants
    #expect(grants.permissions(for: "news") == nil)
    #expect(grants.permissions(for: "*") == .subscribe)
  }

  @Test(arguments: [
    "1", "{}", "[1]", "[{}]", #"[{"channels":"a"}]"#, #"[{"channels":[1],"allow":[]}]"#,
    #"[{"channels":[""],"allow":[]}]"#, #"[{"channels":["a"],"allow":"sub"}]"#,
    #"[{"channels":["a"],"allow":[1]}]"#, #"[{"channels":["a"],"match":"regex","allow":[]}]"#,
    #"[{"channels":["a"],"match":1,"allow":[]}]"#, #"[{"channels":["a\u0000"],"allow":[]}]"#,
  ])
  func `grants that can't be read are refused, not passed over`(caps: String) throws {
    #expect(try failure(#""caps":\#(caps)"#) == .invalidClaim("caps"))
  }

  @Test func `patterns are bounded`() throws {
    for (count, expected) in [(256, nil), (257, TokenFailure.invalidClaim("caps"))] {
      let names = (0..<count).map { "\"\($0)\"" }.joined(separator: ",")
      #expect(try failure(#""caps":[{"channels":[\#(names)],"allow":["sub"]}]"#) == expected)
    }
  }

  @Test(arguments: [
    ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "abcd", false), ("*", "", true),
    ("*", "x", true), ("a**b", "ab", true), ("*a*", "bab", true), ("*a*", "bbb", false),
    ("*ab", "aab", true), ("a*b*c", "a-b-b-c", true), ("a", "ab", false), ("a*", "b", false),
    ("x:*:y", "x::y", true), ("é*", "éa", true), ("", "", true), ("", "a", false),
  ])
  func `patterns match whole names`(pattern: String, name: String, isMatch: Bool) {
    #expect(ChannelPattern.wildcard(pattern).matches(name) == isMatch)
  }

  @Test func `a pattern of many stars costs no more than both lengths multiplied`() {
    let pattern = String(repeating: "a*", count: 120) + "b"
    #expect(!ChannelPattern.wildcard(pattern).matches(String(repeating: "a", count: 255)))
  }

  @Test func `names that look alike are not the same channel`() {
    #expect(!ChannelPattern.exact("\u{E9}").matches("e\u{301}"))
    #expect(!ChannelPattern.wildcard("\u{E9}*").matches("e\u{301}"))
  }

  @Test func `the server subscribes to what the token lists`() throws {
    let identity = try identity(
      #""channels":["a","b","a"],"subs":{"b":{"info":{"n": 1},"b64data":"eyJ4IjoxfQ==","override":{"presence":{"value":true},"join_leave":{"value":false},"new":{"value":1}}},"c":{}}"#
    )
    #expect(identity.subscriptions.map(\.channel) == ["b", "c", "a"])
    #expect(identity.subscriptions[0].info == Array(#"{"n":1}"#.utf8))
    #expect(identity.subscriptions[0].data == Array(#"{"x":1}"#.utf8))
    #expect(identity.subscriptions[0].overrides == ["presence": true, "join_leave": false])
    #expect(identity.subscriptions[1] == GrantedSubscription(channel: "c"))
  }

  @Test(arguments: [
    (#""channels":"a""#, "channels"), (#""channels":[1]"#, "channels"),
    (#""channels":[""]"#, "channels"), (#""subs":[]"#, "subs"), (#""subs":{"a":1}"#, "subs"),
    (#""subs":{"":{}}"#, "subs"), (#""subs":{"a":{"override":1}}"#, "override"),
    (#""subs":{"a":{"override":{"presence":true}}}"#, "override"),
    (#""subs":{"a":{"b64info":"%"}}"#, "b64info"), (#""b64info":"e30""#, "b64info"),
    (#""b64info":"eyA=""#, "b64info"), (#""b64info":{}"#, "b64info"), (#""meta":1"#, "meta"),
    (#""limits":[]"#, "limits"), (#""limits":{"a":-1}"#, "limits"),
    (#""limits":{"a":1.5}"#, "limits"),
    (#""limits":{"a":"1"}"#, "limits"),
  ])
  func `claims of our own are as they must be or refused`(more: String, claim: String) throws {
    #expect(try failure(more) == .invalidClaim(claim))
  }

  @Test func `subscriptions of the server are bounded`() throws {
    for (count, expected) in [(128, nil), (129, TokenFailure.invalidClaim("channels"))] {
      let names = (0..<count).map { "\"\($0)\"" }.joined(separator: ",")
      #expect(try failure(#""channels":[\#(names)]"#) == expected)
    }
  }

  @Test func `what a token says of its client is kept as it is`() throws {
    let identity = try identity(
      #""info":{"name": "Ada"},"meta":{"plan": 1},"limits":{"subscriptions":7,"pipelines":0}"#
    )
    #expect(identity.info == Array(#"{"name":"Ada"}"#.utf8))
    #expect(identity.meta == Array(#"{"plan":1}"#.utf8))
    #expect(identity.limits == ["subscriptions": 7, "pipelines": 0])
    #expect(try self.identity(#""info":1,"b64info":"Mg==""#).info == Array("2".utf8))
  }

  @Test func `a token of a subscription is for one channel of one user`() throws {
    let token = try TokenBench.valid(
      #""channel":"room:1","info":{"a":1},"allow":["pub"],"jti":"t""#
    )
    let permit = try TokenBench.verifier().permit(of: token, at: TokenBench.now)
    #expect(permit.user == "42" && permit.tokenID == "t")
    #expect(permit.permissions == [.subscribe, .publish])
    #expect(permit.subscription.info == Array(#"{"a":1}"#.utf8))
    #expect(permit.covers("room:1", of: ClientIdentity(user: "42")))
    #expect(!permit.covers("room:2", of: ClientIdentity(user: "42")))
    #expect(!permit.covers("room:1", of: ClientIdentity(user: "43")))
    #expect(!permit.covers("room:1", of: ClientIdentity(user: "")))
  }

  @Test func `tokens of connections and of subscriptions are not each other`() throws {
    let verifier = try TokenBench.verifier()
    let subscription = try TokenBench.valid(#""channel":"a""#)
    #expect(verifier.failure(of: subscription) == .wrongType)
    #expect(verifier.permitFailure(of: try TokenBench.valid()) == .wrongType)
    for channel in ["1", #""""#, "null"] {
      let token = try TokenBench.valid(#""channel":\#(channel)"#)
      #expect(verifier.permitFailure(of: token) == .invalidClaim("channel"))
    }
  }
}
