// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Synchronization
import Testing

@testable import Sinks

@Suite struct SessionIdentityTests {
  private let authority = FakeAuthority()

  private func connect(_ token: String) throws -> SocketHarness {
    let harness = try SocketHarness(authority: authority, connects: false)
    harness.send("{\"id\":1,\"connect\":{\"token\":\"\(token)\"}}")
    return harness
  }

  @Test func `who has no valid token is sent away, and that is noted`() throws {
    authority.state.withLock { $0.identities["bad"] = .failure(.badSignature) }
    let harness = try connect("bad")
    #expect(try harness.closeCode() == 3500)
    #expect(authority.state.withLock { $0.failures } == [.badSignature])
  }

  @Test func `who comes with an old token is told to get another`() throws {
    authority.state.withLock { $0.identities["old"] = .failure(.expired("exp")) }
    let harness = try connect("old")
    #expect(
      try harness.next()
        == #"{"id":1,"error":{"code":109,"message":"token expired: give a newer one"}}"#
    )
    #expect(try harness.closeCode() == 3005)
  }

  @Test func `a connection lasts as long as its token, unless it is refreshed`() throws {
    let now = SystemClock().now
    authority.admit("ada", expiry: now + .seconds(100))
    let harness = try connect("ada")
    #expect(try harness.next()?.contains(#""expires":true,"ttl":100"#) == true)
    authority.admit("ada", expiry: now + .seconds(1_000))
    harness.send(#"{"id":2,"refresh":{"token":"ada"}}"#)
    #expect(try harness.next()?.contains(#""expires":true,"ttl":1000"#) == true)
    authority.admit("eve")
    harness.send(#"{"id":3,"refresh":{"token":"eve"}}"#)
    #expect(try harness.closeCode() == 3500)
  }

  @Test func `a connection whose time is over is closed with a code that invites back`() throws {
    authority.admit("ada", expiry: SystemClock().now + .seconds(100))
    let harness = try connect("ada")
    _ = try harness.next()
    harness.session.prolong(until: SystemClock().now + .milliseconds(-1))
    harness.advance(by: .seconds(1))
    #expect(try harness.closeCode() == 3005)
  }

  @Test func `newer keys are looked for before somebody is sent away`() async throws {
    authority.state.withLock { $0.newer["ada"] = ClientIdentity(user: "ada") }
    let harness = try connect("ada")
    harness.send(#"{"id":2,"ping":{}}"#)
    while harness.session.isBusy { harness.turn(); await Task.yield() }
    harness.session.proceed(now: harness.now)
    #expect(try harness.next()?.hasPrefix(#"{"id":1,"connect""#) == true)
    #expect(try harness.next() == #"{"id":2,"ping":{}}"#)
  }

  @Test func `nothing is allowed that nobody has granted`() throws {
    authority.admit("ada", ["a*": [.subscribe]])
    let harness = try connect("ada")
    _ = try harness.next()
    for (command, code) in [
      (#"{"id":2,"subscribe":{"channel":"b"}}"#, 103),
      (#"{"id":2,"publish":{"channel":"a1","data":1}}"#, 103),
      (#"{"id":2,"history":{"channel":"a1"}}"#, 103),
      (#"{"id":2,"presence":{"channel":"a1"}}"#, 103),
      (#"{"id":2,"presence_stats":{"channel":"a1"}}"#, 103),
      (#"{"id":2,"subscribe":{"channel":"user:#eve"}}"#, 103),
      (#"{"id":2,"subscribe":{"channel":"a1#eve,bob"}}"#, 103),
      (#"{"id":2,"rpc":{"method":"x"}}"#, 104),
    ] {
      harness.send(command)
      #expect(try harness.next()?.contains("\"code\":\(code)") == true, "\(command)")
    }
    #expect(harness.directory.existing("b") == nil)
    harness.send(#"{"id":3,"subscribe":{"channel":"a1"}}"#)
    #expect(try harness.next()?.hasPrefix(#"{"id":3,"subscribe""#) == true)
  }

  @Test func `a user's room is its own, and several may share one`() throws {
    authority.admit("42")
    let harness = try connect("42")
    _ = try harness.next()
    for channel in ["user:#42", "room:#7,42"] {
      harness.send("{\"id\":2,\"subscribe\":{\"channel\":\"\(channel)\"}}")
      #expect(try harness.next()?.hasPrefix(#"{"id":2,"subscribe""#) == true)
    }
    // Its token may say what it likes.
    authority.admit("43", ["*": .all])
    let other = try connect("43")
    _ = try other.next()
    for channel in ["user:#42", "room:#7,42", "user:#", "user:#4", "user:#43 ", "x#42#4"] {
      other.send("{\"id\":2,\"subscribe\":{\"channel\":\"\(channel)\"}}")
      #expect(try other.next()?.contains(#""code":103"#) == true, "\(channel)")
    }
  }

  @Test func `a subscription's token opens one channel to one user, for its time`() throws {
    let now = SystemClock().now
    func permit(_ user: String, _ expiry: Timestamp?) -> Result<SubscriptionPermit, TokenFailure> {
      .success(
        SubscriptionPermit(
          user: user,
          expiry: expiry,
          subscription: GrantedSubscription(channel: "secret", data: Array("7".utf8))
        )
      )
    }
    authority.admit("ada")
    authority.state.withLock { state in
      state.permits["mine"] = permit("ada", now + .seconds(50))
      state.permits["newer"] = permit("ada", now + .seconds(500))
      state.permits["hers"] = permit("eve", nil)
    }
    let harness = try connect("ada")
    _ = try harness.next()
    for (channel, token) in [("secret", "hers"), ("other", "mine"), ("secret", "none")] {
      harness.send(
        "{\"id\":2,\"subscribe\":{\"channel\":\"\(channel)\",\"token\":\"\(token)\"}}"
      )
      #expect(try harness.next()?.contains(#""code":103"#) == true)
    }
    harness.send(#"{"id":3,"subscribe":{"channel":"secret","token":"mine"}}"#)
    let answer = try #require(try harness.next())
    #expect(answer.contains(#""expires":true,"ttl":50"#))
    #expect(answer.contains(#""data":7"#))
    harness.send(#"{"id":4,"sub_refresh":{"channel":"secret","token":"newer"}}"#)
    #expect(try harness.next() == #"{"id":4,"sub_refresh":{"expires":true,"ttl":500}}"#)
    authority.state.withLock { $0.permits["newer"] = permit("ada", now + .milliseconds(1)) }
    harness.session.subscriptions[0].token = SubscriptionToken(of: try permit("ada", now).get())
    harness.advance(by: .seconds(1))
    #expect(
      try harness.next()
        == #"{"push":{"channel":"secret","unsubscribe":{"code":2501,"reason":"subscription expired"}}}"#
    )
    #expect(harness.session.subscriptions.isEmpty)
  }

  @Test func `the server subscribes a client to what its token says, and recovers that`() throws {
    authority.admit("ada", subscriptions: [GrantedSubscription(channel: "news")])
    let first = try SocketHarness(authority: authority, connects: false)
    let topic = try first.topic("news")
    topic.append(event("1"), event("2"), event("3"))
    first.send(
      "{\"id\":1,\"connect\":{\"token\":\"ada\",\"subs\":{\"news\":{\"recover\":true,"
        + "\"epoch\":\"\(topic.epoch)\",\"offset\":1}}}}"
    )
    let answer = try #require(try first.next())
    // A grant to subscribe is none to see the past.
    #expect(answer.contains(#""subs":{"news":{"#))
    #expect(answer.contains(#""was_recovering":true,"recovered":false"#))
    topic.append(event("4"))
    #expect(
      try first.next() == #"{"push":{"channel":"news","pub":{"data":4,"offset":4}}}"#
    )
    authority.state.withLock { $0.rules["news"] = ChannelRules(users: .history) }
    let second = try SocketHarness(authority: authority, connects: false, beside: first)
    second.send(
      "{\"id\":1,\"connect\":{\"token\":\"ada\",\"subs\":{\"news\":{\"recover\":true,"
        + "\"epoch\":\"\(topic.epoch)\",\"offset\":3}}}}"
    )
    #expect(
      try second.next()?
        .contains(#""recovered":true,"publications":[{"data":4,"offset":4}]"#) == true
    )
  }

  @Test func `what was revoked ends at once, and others go on`() throws {
    authority.admit("ada")
    authority.admit("bob")
    let ada = try connect("ada")
    let bob = try SocketHarness(authority: authority, connects: false, beside: ada)
    bob.send(#"{"id":1,"connect":{"token":"bob"}}"#)
    (_, _) = (try ada.next(), try bob.next())
    let revocation = Revocation(.user("ada", issuedBefore: .never), expiry: .never)
    ada.shard.heed(revocation)
    #expect(try ada.closeCode() == 3500)
    #expect(!bob.session.isClosing)
  }
}

extension ChannelRules {
  init(users: ChannelPermissions) {
    self.init()
    self.users = users
  }
}
