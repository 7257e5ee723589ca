// SPDX-License-Identifier: Apache-2.0
import Sinks
import Streams
import Synchronization
import Testing

@testable import Host

@Suite struct RevocationListTests {
  private let now = TokenBench.now
  private var later: Timestamp { now + .seconds(3_600) }

  private func identity(_ issued: Timestamp?) -> ClientIdentity {
    ClientIdentity(user: "42", tokenID: "t1", session: "s1", issued: issued)
  }

  @Test(arguments: [
    (Revocation.Subject.token("t1"), true), (.token("t2"), false), (.session("s1"), true),
    (.session("t1"), false), (.user("42", issuedBefore: TokenBench.now), true),
    (.user("43", issuedBefore: TokenBench.now), false),
  ])
  func `who is meant is covered`(subject: Revocation.Subject, isCovered: Bool) throws {
    let list = RevocationList()
    let revocation = Revocation(subject, expiry: later)
    try list.revoke(revocation, at: now)
    let client = identity(now - .seconds(1))
    #expect(list.covers(client, at: now) == isCovered)
    #expect(revocation.covers(client) == isCovered)
    #expect(!list.covers(ClientIdentity(user: "", tokenID: nil, session: nil), at: now))
  }

  @Test func `tokens that a user gets afterwards count`() throws {
    let list = RevocationList()
    try list.revoke(Revocation(.user("42", issuedBefore: now), expiry: later), at: now)
    #expect(list.covers(identity(now - .milliseconds(1)), at: now))
    #expect(list.covers(identity(nil), at: now), "nobody knows when it was made")
    #expect(!list.covers(identity(now), at: now))
    // An earlier instant that is revoked later takes nothing back.
    let earlier = Revocation(.user("42", issuedBefore: now - .seconds(99)), expiry: now)
    try list.revoke(earlier, at: now)
    #expect(list.covers(identity(now - .milliseconds(1)), at: later - .milliseconds(1)))
  }

  @Test func `a revocation is over at its end`() throws {
    let list = RevocationList()
    try list.revoke(Revocation(.token("t1"), expiry: later), at: now)
    #expect(list.covers(identity(now), at: later - .milliseconds(1)))
    #expect(!list.covers(identity(now), at: later))
  }

  @Test func `a full list refuses rather than forgets`() throws {
    let list = RevocationList(capacity: 2)
    try list.revoke(Revocation(.token("a"), expiry: later), at: now)
    try list.revoke(Revocation(.session("b"), expiry: later + .seconds(1)), at: now)
    #expect(throws: RevocationList.Refusal.full) {
      try list.revoke(Revocation(.token("c"), expiry: later), at: now)
    }
    // What is known already takes no more room.
    try list.revoke(Revocation(.token("a"), expiry: later), at: now)
    // What is over makes room.
    try list.revoke(Revocation(.token("c"), expiry: later + .seconds(9)), at: later)
    #expect(list.count == 2)
    #expect(list.covers(ClientIdentity(user: "", session: "b"), at: later))
  }

  @Test func `observers hear of it before it returns, until they end`() throws {
    let heard = Mutex<[Revocation]>([])
    let list = RevocationList(capacity: 1)
    let id = list.observe { revocation in heard.withLock { $0.append(revocation) } }
    let revocation = Revocation(.session("s1"), expiry: later)
    try list.revoke(revocation, at: now)
    #expect(heard.withLock { $0 } == [revocation])
    // A refused one is not told.
    #expect(throws: RevocationList.Refusal.full) {
      try list.revoke(Revocation(.session("s2"), expiry: later), at: now)
    }
    list.endObserving(id)
    try list.revoke(revocation, at: now)
    #expect(heard.withLock { $0.count } == 1)
  }

  @Test func `a token that was accepted before is refused once it is revoked`() throws {
    let list = RevocationList()
    let verifier = try TokenBench.verifier(nil, revocations: list)
    let token = try TokenBench.valid(#""jti":"t1""#)
    let subscription = try TokenBench.valid(#""jti":"t1","channel":"a""#)
    #expect(verifier.failure(of: token) == nil && verifier.permitFailure(of: subscription) == nil)
    try list.revoke(Revocation(.token("t1"), expiry: later), at: now)
    #expect(verifier.failure(of: token) == .revoked)
    #expect(verifier.permitFailure(of: subscription) == .revoked)
  }
}
