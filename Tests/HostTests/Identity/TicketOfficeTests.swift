// SPDX-License-Identifier: Apache-2.0
import Sinks
import Streams
import Testing

@testable import Host

@Suite struct TicketOfficeTests {
  private let now = TokenBench.now
  private let client = ClientIdentity(user: "42", tokenID: "t1")

  private func office(_ change: (inout TicketOffice.Limits) -> Void = { _ in }) -> TicketOffice {
    var limits = TicketOffice.Limits()
    change(&limits)
    return TicketOffice(revocations: RevocationList(), limits: limits)
  }

  @Test func `a ticket stands for its client once`() throws {
    let office = office()
    let ticket = try office.issue(to: client, origin: nil, at: now)
    #expect(ticket.utf8.count == 43 && office.count == 1)
    #expect(ticket.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
    #expect(office.redeem(ticket, origin: "https://a.example", at: now) == client)
    #expect(office.redeem(ticket, origin: "https://a.example", at: now) == nil)
    #expect(office.count == 0)
  }

  @Test func `tickets are not like each other`() throws {
    let office = office { $0.maximumCountPerUser = 1_000 }
    let tickets = try (0..<1_000).map { _ in try office.issue(to: client, origin: nil, at: now) }
    #expect(Set(tickets).count == 1_000)
  }

  @Test func `of many at once one takes it`() async throws {
    let office = office()
    let ticket = try office.issue(to: client, origin: nil, at: now)
    let takers = await withTaskGroup { group in
      for _ in 0..<50 {
        group.addTask { office.redeem(ticket, origin: nil, at: TokenBench.now) != nil }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(takers == 1)
  }

  @Test func `a ticket is valid for thirty seconds`() throws {
    let office = office()
    let first = try office.issue(to: client, origin: nil, at: now)
    let second = try office.issue(to: client, origin: nil, at: now)
    let end = now + .seconds(30)
    #expect(office.redeem(first, origin: nil, at: end - .milliseconds(1)) == client)
    #expect(office.redeem(second, origin: nil, at: end) == nil)
    #expect(office.count == 0)
  }

  @Test func `a ticket is of its origin, and void once another has tried it`() throws {
    let office = office()
    let origin = "https://a.example"
    let right = try office.issue(to: client, origin: origin, at: now)
    #expect(office.redeem(right, origin: origin, at: now) == client)
    for other in ["https://b.example", "https://a.example:8443", nil] {
      let ticket = try office.issue(to: client, origin: origin, at: now)
      #expect(office.redeem(ticket, origin: other, at: now) == nil)
      #expect(office.redeem(ticket, origin: origin, at: now) == nil)
    }
  }

  @Test(arguments: [
    "", "x", String(repeating: "A", count: 43), String(repeating: "A", count: 10_000),
  ])
  func `what is no ticket is nobody's`(text: String) throws {
    let office = office()
    _ = try office.issue(to: client, origin: nil, at: now)
    #expect(office.redeem(text, origin: nil, at: now) == nil)
    #expect(office.count == 1)
  }

  @Test func `a ticket ends with what it stands for`() throws {
    let list = RevocationList()
    let office = TicketOffice(revocations: list)
    let short = ClientIdentity(user: "42", expiry: now + .seconds(5))
    let ticket = try office.issue(to: short, origin: nil, at: now)
    #expect(office.redeem(ticket, origin: nil, at: now + .seconds(5)) == nil)
    let revoked = try office.issue(to: client, origin: nil, at: now)
    try list.revoke(Revocation(.token("t1"), expiry: now + .seconds(60)), at: now)
    #expect(office.redeem(revoked, origin: nil, at: now) == nil)
  }

  @Test func `tickets of a user and of all are bounded`() throws {
    let office = office { ($0.maximumCount, $0.maximumCountPerUser) = (3, 2) }
    let first = try office.issue(to: client, origin: nil, at: now)
    _ = try office.issue(to: client, origin: nil, at: now)
    #expect(throws: TicketOffice.Refusal.tooManyOfUser) {
      try office.issue(to: client, origin: nil, at: now)
    }
    _ = try office.issue(to: ClientIdentity(user: "43"), origin: nil, at: now)
    #expect(throws: TicketOffice.Refusal.full) {
      try office.issue(to: ClientIdentity(user: "44"), origin: nil, at: now)
    }
    #expect(office.redeem(first, origin: nil, at: now) != nil)
    _ = try office.issue(to: client, origin: nil, at: now)
    // When all have expired there is room for as many again.
    _ = try office.issue(to: client, origin: nil, at: now + .seconds(30))
    #expect(office.count == 1)
  }

  @Test func `who takes tickets as fast as they are made fills nothing`() throws {
    let office = office { $0.maximumCount = 10 }
    for _ in 0..<10_000 {
      let ticket = try office.issue(to: client, origin: nil, at: now)
      #expect(office.redeem(ticket, origin: nil, at: now) != nil)
    }
    #expect(office.count == 0 && office.placeCount <= 21)
  }
}
