// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Synchronization
import Testing

@testable import Sinks

@Suite struct PresenceTests {
  private let authority = FakeAuthority()
  private let board = PresenceBoard(tellingAfter: nil)

  init() {
    var rules = ChannelRules(users: .all)
    (rules.hasPresence, rules.tellsJoins) = (true, true)
    authority.state.withLock { $0.rules["room"] = rules }
    for user in ["ada", "bob"] { authority.admit(user) }
  }

  private func connect(_ user: String, beside other: SocketHarness? = nil) throws -> SocketHarness {
    let harness = try SocketHarness(
      authority: authority,
      presence: board,
      connects: false,
      beside: other
    )
    harness.send("{\"id\":1,\"connect\":{\"token\":\"\(user)\"}}")
    _ = try harness.next()
    return harness
  }

  private func subscribe(_ harness: SocketHarness, _ channel: String = "room") throws {
    harness.send(
      "{\"id\":2,\"subscribe\":{\"channel\":\"\(channel)\",\"join_leave\":true}}"
    )
    #expect(try harness.next()?.hasPrefix(#"{"id":2,"subscribe""#) == true)
  }

  @Test func `who is there is listed and counted, and leaves with its connection`() throws {
    let ada = try connect("ada")
    try subscribe(ada)
    let bob = try connect("bob", beside: ada)
    try subscribe(bob)
    // Under another name of the channel nobody is there twice.
    try subscribe(bob, "room?view")
    ada.send(#"{"id":3,"presence_stats":{"channel":"room"}}"#)
    #expect(try ada.next() == #"{"id":3,"presence_stats":{"num_clients":2,"num_users":2}}"#)
    ada.send(#"{"id":4,"presence":{"channel":"room"}}"#)
    let listed = try #require(try ada.next())
    #expect(
      listed.contains(#""0-2":{"user":"bob","client":"0-2","conn_info":{"name":"bob"}}"#)
    )
    bob.send(#"{"id":5,"unsubscribe":{"channel":"room"}}"#)
    #expect(board.counts(of: "room") == (2, 2))
    bob.session.end()
    #expect(board.counts(of: "room") == (1, 1))
    ada.session.end()
    #expect(board.counts(of: "room") == (0, 0))
    #expect(board.channelCount == 0)
  }

  @Test func `joins and leaves are told to who asks, and what cancels out is not`() throws {
    let ada = try connect("ada")
    try subscribe(ada)
    board.tell()
    ada.turn()
    #expect(try ada.next()?.contains(#""join":{"info":{"user":"ada""#) == true)
    let bob = try connect("bob", beside: ada)
    try subscribe(bob)
    bob.send(#"{"id":5,"unsubscribe":{"channel":"room"}}"#)
    #expect(try bob.next() == #"{"id":5,"unsubscribe":{}}"#)
    board.tell()
    #expect(try ada.rest() == [])
    try subscribe(bob)
    board.tell()
    ada.turn()
    let join =
      #"{"push":{"channel":"room","join":{"info":{"user":"bob","client":"0-2","#
      + #""conn_info":{"name":"bob"}}}}}"#
    #expect(try ada.next() == join)
    bob.session.end()
    board.tell()
    ada.turn()
    #expect(try ada.next() == join.replacing("join", with: "leave"))
  }

  @Test func `a burst is told whole, or the subscription ends`() throws {
    let ada = try connect("ada")
    try subscribe(ada)
    board.tell()
    _ = try ada.rest()
    for number in 0..<3_000 {
      board.enter("room", ClientInfo(user: "u\(number)", client: "c\(number)"))
    }
    board.tell()
    #expect(try ada.rest().count == 3_000)
    for number in 3_000..<(3_001 + PresenceBoard.keptNews) {
      board.enter("room", ClientInfo(user: "u\(number)", client: "c\(number)"))
    }
    board.tell()
    // Who can't be told all has to ask again.
    #expect(
      try ada.rest() == [
        #"{"push":{"channel":"room","unsubscribe":{"code":2500,"reason":"insufficient state"}}}"#
      ]
    )
    #expect(board.members(of: "room", limit: 3_000) == nil)
  }

  @Test func `where presence is off nobody is counted`() throws {
    authority.state.withLock { $0.rules["quiet"] = ChannelRules(users: .all) }
    let ada = try connect("ada")
    ada.send(#"{"id":2,"subscribe":{"channel":"quiet","join_leave":true}}"#)
    _ = try ada.next()
    ada.send(#"{"id":3,"presence":{"channel":"quiet"}}"#)
    #expect(try ada.next()?.contains(#""code":108"#) == true)
    #expect(board.channelCount == 0)
  }

  @Test func `joins and leaves of random lives sum up to who is there`() {
    var random = SystemRandomNumberGenerator()
    let topic = board.openNews(of: "room")
    var (alive, told): (Set<String>, Set<String>) = ([], [])
    var next: Offset = 1
    for _ in 0..<2_000 {
      let client = "c\(Int.random(in: 0..<20, using: &random))"
      if alive.remove(client) != nil {
        board.leave("room", client)
      } else {
        alive.insert(client)
        board.enter("room", ClientInfo(user: "u", client: client))
      }
      guard Int.random(in: 0..<5, using: &random) == 0 else { continue }
      board.tell()
      var position = Position(next: next, nextMark: .max)
      let batch = topic.read(from: &position, limit: 1_000)
      batch.forEachEntry(epoch: topic.epoch) { entry in
        let client = ClientInfo(entry.event)?.client ?? "?"
        if entry.event.type == "join" {
          #expect(told.insert(client).inserted)
        } else {
          #expect(told.remove(client) != nil)
        }
      }
      next = position.next
      #expect(told == alive)
    }
    board.closeNews(of: "room")
  }
}
