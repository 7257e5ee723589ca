// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Synchronization
import Testing
import WeirTesting

@testable import Sinks

@Suite struct TableSubscriptionTests {
  private static func rules(
    keeping count: Int = 16_384,
    _ configure: (inout TableSettings) -> Void = { _ in }
  ) -> TopicDirectory.Rules {
    var settings = TableSettings()
    configure(&settings)
    return TopicDirectory.Rules(
      retention: { _ in Retention(maximumCount: count) },
      table: { [settings] in $0.hasPrefix("t") ? settings : nil }
    )
  }

  private func harness(keeping count: Int = 16_384, form: WireForm = .json) throws -> SocketHarness
  {
    try SocketHarness(rules: Self.rules(keeping: count), form: form)
  }

  private static let subscribe = #"{"id":2,"subscribe":{"channel":"t","data":{"table":true}}}"#

  private func reply(_ topic: Topic<Event>, _ offset: Int, _ more: String) -> String {
    #"{"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"\#(topic.epoch)","#
      + #""offset":\#(offset)\#(more)}}"#
  }

  @Test func `a table begins with its rows and goes on with its changes`() throws {
    let harness = try harness()
    let topic = try harness.topic("t")
    topic.append(.row("b", "1"), .row("a", "2", tags: ["kind": "x"]), .row("c", "3"))
    harness.send(Self.subscribe)
    topic.append(.row("b", "4"))
    topic.append(.row("a", nil))
    let snapshot =
      #","data":{"snapshot":[{"key":"a","offset":2,"tags":{"kind":"x"},"data":2},"#
      + #"{"key":"b","offset":1,"data":1},{"key":"c","offset":3,"data":3}],"next":null}"#
    #expect(
      try harness.rest() == [
        reply(topic, 3, snapshot),
        #"{"push":{"channel":"t","pub":{"data":4,"offset":4,"tags":{"subject":"b"}}}}"#,
        #"{"push":{"channel":"t","pub":{"data":null,"offset":5,"#
          + #""tags":{"subject":"a","weir-deleted":"a"}}}}"#,
      ]
    )
  }

  @Test func `who asks for no table is told of deletions alike`() throws {
    let harness = try harness()
    let topic = try harness.topic("t")
    harness.send(#"{"id":2,"subscribe":{"channel":"t","data":{"table":false}}}"#)
    topic.append(Event(data: [], format: .text, subject: "a"))
    #expect(
      try harness.rest() == [
        reply(topic, 0, ""),
        #"{"push":{"channel":"t","pub":{"data":null,"offset":1,"#
          + #""tags":{"subject":"a","weir-deleted":"a"}}}}"#,
      ]
    )
  }

  @Test func `no more than 300 rows come at once`() throws {
    let harness = try harness()
    let topic = try harness.topic("t")
    for number in 1_000..<1_400 { topic.append(.row("k\(number)", "1")) }
    harness.send(Self.subscribe)
    let answer = try JSONView.parse(Array(try #require(try harness.next()).utf8))
    let data = answer["subscribe"]?["data"]
    #expect(data?["snapshot"]?.elements.count == 300)
    #expect(data?["next"]?.string == "k1299")
    #expect(answer["subscribe"]?["offset"]?.int == 400)
  }

  @Test func `rows that are too large are left to be read`() throws {
    let harness = try SocketHarness(rules: Self.rules(), outboundLimit: 100_000)
    let topic = try harness.topic("t")
    let large = "\"" + String(repeating: "x", count: 60_000) + "\""
    for key in ["a", "b", "c"] { topic.append(.row(key, large)) }
    harness.send(Self.subscribe)
    #expect(try harness.next() == reply(topic, 3, #","data":{"snapshot":[],"next":""}"#))
  }

  @Test func `what was missed comes without the rows`() throws {
    let harness = try harness()
    let topic = try harness.topic("t")
    topic.append(.row("a", "1"))
    topic.append(.row("a", "2"))
    topic.append(.row("a", nil))
    harness.send(
      #"{"id":2,"subscribe":{"channel":"t","recover":true,"epoch":"\#(topic.epoch)","offset":1,"#
        + #""data":{"table":true}}}"#
    )
    let missed =
      #","was_recovering":true,"recovered":true,"publications":["#
      + #"{"data":2,"offset":2,"tags":{"subject":"a"}},"#
      + #"{"data":null,"offset":3,"tags":{"subject":"a","weir-deleted":"a"}}]"#
    #expect(try harness.rest() == [reply(topic, 3, missed)])
  }

  @Test(arguments: ["\"epoch\":\"other\",\"offset\":9", "\"epoch\":\"EPOCH\",\"offset\":1"])
  func `where that is gone the rows come anew`(place: String) throws {
    let harness = try harness(keeping: 4)
    let topic = try harness.topic("t")
    for number in 1...9 { topic.append(.row("a", "\(number)")) }
    let place = place.replacing("EPOCH", with: "\(topic.epoch)")
    let request = #""channel":"t","recover":true,\#(place),"data":{"table":true}"#
    harness.send(#"{"id":2,"subscribe":{\#(request),"flag":2}}"#)
    #expect(
      try harness.rest() == [#"{"id":2,"error":{"code":112,"message":"unrecoverable position"}}"#]
    )
    harness.send(#"{"id":2,"subscribe":{\#(request)}}"#)
    let rows =
      #","was_recovering":true,"recovered":false,"data":{"snapshot":["#
      + #"{"key":"a","offset":9,"data":9}],"next":null}"#
    #expect(try harness.rest() == [reply(topic, 9, rows)])
  }

  @Test func `both forms of the protocol have the same rows`() throws {
    var page = EventTable.Page()
    page.rows = [.init(key: "a", event: .row("a", "1"), offset: 7, appended: 0)]
    let data = try #require(TableAnswer.data(page, with: Array(#"{"n":1}"#.utf8)))
    #expect(
      text(data) == #"{"snapshot":[{"key":"a","offset":7,"data":1}],"next":null,"data":{"n":1}}"#
    )
    let subscribed = Subscribed(epoch: "e", offset: 7, data: data)
    let bytes = WireForm.protobuf.bytes(.subscribed(2, subscribed))
    #expect(text(bytes).contains(text(data)))
    #expect(TableAnswer.data(nil, with: nil) == nil)
  }

  // MARK: What is refused

  @Test(arguments: [
    ("u", #"{"table":true}"#, "", 108, "no table"),
    ("t", #"{"table":1}"#, "", 107, "true or false"),
    ("t", #"{"table":true,"pipe":[{"limit":1}]}"#, "", 107, "pipe"),
    ("t", #"{"table":true}"#, #","tf":{"op":"","key":"a","cmp":"eq","val":"b"}"#, 107, "tf"),
  ])
  func `what can't be a table is refused with what helps`(
    channel: String,
    data: String,
    more: String,
    code: Int,
    words: String
  ) throws {
    let harness = try harness()
    harness.send(#"{"id":2,"subscribe":{"channel":"\#(channel)","data":\#(data)\#(more)}}"#)
    let answer = try #require(try harness.next())
    #expect(answer.contains("\"code\":\(code)") && answer.contains(words), "\(answer)")
  }

  @Test func `the rows are the past, which takes a grant`() throws {
    let authority = FakeAuthority()
    var rules = ChannelRules()
    rules.users = [.subscribe]
    authority.state.withLock { state in
      state.identities["ada"] = .success(ClientIdentity(user: "ada"))
      state.rules["t"] = rules
    }
    let harness = try SocketHarness(rules: Self.rules(), authority: authority, connects: false)
    harness.send(#"{"id":1,"connect":{"token":"ada"}}"#)
    _ = try harness.next()
    try harness.topic("t").append(.row("a", "1"))
    harness.send(Self.subscribe)
    let answer = try #require(try harness.next())
    #expect(answer.contains("\"code\":103") && answer.contains("hst"), "\(answer)")
    #expect(authority.state.withLock { $0.denied } == [.history])
    harness.send(#"{"id":3,"subscribe":{"channel":"t"}}"#)
    #expect(try #require(try harness.next()).contains("\"subscribe\""))
  }

  @Test func `a client's own publish has no key, so it is refused`() throws {
    let harness = try harness()
    harness.send(#"{"id":2,"publish":{"channel":"t","data":1}}"#)
    let answer = try #require(try harness.next())
    #expect(answer.contains("\"code\":107") && answer.contains("PUT /v1/tables"), "\(answer)")
    #expect(try harness.topic("t").statistics.lastOffset == 0)
  }

  // MARK: Oracle

  /// Clients that subscribe, leave and come back at random; in the end each has the table.
  @Test(arguments: 0..<25)
  func `rows and changes make the table, however often a client comes back`(seed: Int) throws {
    var random = SeededGenerator(seed)
    let harness = try harness(keeping: 20)
    let topic = try harness.topic("t")
    var client = TableClient()
    var model: [String: Int] = [:]
    var isSubscribed = false
    for step in 0..<300 {
      let key = "k\(Int.random(in: 0..<30, using: &random))"
      if Int.random(in: 0..<4, using: &random) == 0 {
        topic.append(.row(key, nil))
        model[key] = nil
      } else {
        topic.append(.row(key, "\(step)"))
        model[key] = step
      }
      harness.turn()
      guard Int.random(in: 0..<12, using: &random) == 0 else { continue }
      harness.send(
        isSubscribed
          ? #"{"id":3,"unsubscribe":{"channel":"t"}}"# : client.subscription
      )
      isSubscribed.toggle()
      for message in try harness.rest() { try client.take(message) }
      if isSubscribed { #expect(client.rows == model, "seed \(seed) step \(step)") }
    }
    if !isSubscribed { harness.send(client.subscription) }
    for message in try harness.rest() { try client.take(message) }
    #expect(client.rows == model, "seed \(seed)")
    #expect(client.snapshots > 0)
  }
}

/// A client as the protocol describes it.
private struct TableClient {
  var rows: [String: Int] = [:]
  var place: (epoch: String, offset: Offset)?
  var snapshots = 0

  var subscription: String {
    let recover = place.map { #","recover":true,"epoch":"\#($0.epoch)","offset":\#($0.offset)"# }
    return #"{"id":2,"subscribe":{"channel":"t"\#(recover ?? ""),"data":{"table":true}}}"#
  }

  mutating func take(_ message: String) throws {
    let view = try JSONView.parse(Array(message.utf8))
    if let pub = view["push"]?["pub"] { try take(publication: pub) }
    guard let reply = view["subscribe"] else { return }
    if let snapshot = reply["data"]?["snapshot"] {
      snapshots += 1
      rows = [:]
      for row in snapshot.elements {
        rows[try #require(row["key"]?.string)] = try #require(row["data"]?.int)
      }
    }
    for pub in reply["publications"]?.elements ?? [] { try take(publication: pub) }
    place = (
      try #require(reply["epoch"]?.string), try #require(reply["offset"]?.uint64)
    )
  }

  private mutating func take(publication: JSONView) throws {
    let offset = try #require(publication["offset"]?.uint64)
    let tags = publication["tags"]
    if let deleted = tags?["weir-deleted"]?.string {
      rows[deleted] = nil
    } else {
      rows[try #require(tags?["subject"]?.string)] = try #require(publication["data"]?.int)
    }
    place?.offset = offset
  }
}

extension Event {
  /// A row with JSON data; without data the deletion of one.
  static func row(_ key: String, _ data: String?, tags: [String: String] = [:]) -> Event {
    Event(data: Array((data ?? "null").utf8), subject: key, tags: tags)
  }
}
