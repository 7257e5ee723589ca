// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct FilterShareTests {
  private func filter(_ text: String) throws -> EventFilter {
    try EventFilter(tagFilter: try JSONView.parse(Array(text.utf8)), limits: FilterLimits())
  }

  /// As expensive as one may be, and different from others.
  private func expensive(_ number: Int) throws -> EventFilter {
    let leaves = (0..<200).map { #"{"key":"k\#($0)","cmp":"ex"}"# }
    let own = #"{"key":"own","cmp":"gt","val":"\#(number)"}"#
    return try filter(#"{"op":"or","nodes":[\#((leaves + [own]).joined(separator: ","))]}"#)
  }

  @Test func `one client has its share of the steps`() throws {
    var shares = FilterShares()
    let (limits, ada) = (FilterSetLimits(), ClientKey.user("ada"))
    var count = 0
    while shares.refusal(of: try expensive(count), for: ada, limits) == nil {
      shares.add(try expensive(count), of: ada, count)
      count += 1
      try #require(count < 10_000)
    }
    let steps = try expensive(0).cost.steps
    #expect(count == limits.maximumSteps / 8 / steps)
    #expect(
      shares.refusal(of: try expensive(count), for: ada, limits)
        == .tooManyOfClient(limit: limits.maximumSteps / 8, .steps)
    )
    // Others have theirs, and who is trusted needs none.
    #expect(shares.refusal(of: try expensive(count), for: .user("bob"), limits) == nil)
    #expect(shares.refusal(of: try expensive(count), for: nil, limits) == nil)
    // What is only looked up costs no steps.
    let equality = try filter(#"{"key":"a","cmp":"eq","val":"1"}"#)
    #expect(shares.refusal(of: equality, for: ada, limits) == nil)
    shares.remove(0)
    #expect(shares.refusal(of: try expensive(count), for: ada, limits) == nil)
    for number in 0..<count { shares.remove(number) }
    shares.add(try expensive(0), of: ada, 0)
    #expect(shares.refusal(of: try expensive(1), for: ada, limits) == nil)
  }

  @Test(arguments: [
    (#"{"key":"a","cmp":"in","vals":["1","2"]}"#, FilterSetError.Measure.texts, 3),
    (#"{"key":"a","cmp":"eq","val":"1"}"#, .subscriptions, 1),
    (#"{"key":"a","cmp":"ct","val":"1"}"#, .passes, 0),
  ])
  func `each measure has its share`(
    text: String,
    measure: FilterSetError.Measure,
    limit: Int
  ) throws {
    var (shares, limits) = (FilterShares(), FilterSetLimits())
    limits.clientPart = 1
    switch measure {
    case .texts: limits.maximumIndexedTexts = limit
    case .subscriptions: limits.maximumMembers = limit
    case .passes: limits.maximumPasses = limit
    case .steps: limits.maximumSteps = limit
    }
    let filter = try filter(text)
    if measure != .passes {
      #expect(shares.refusal(of: filter, for: .user("ada"), limits) == nil)
      shares.add(filter, of: .user("ada"), 0)
    }
    #expect(
      shares.refusal(of: filter, for: .user("ada"), limits)
        == .tooManyOfClient(limit: limit, measure)
    )
  }

  @Test func `a client that takes its share is told so, and others go on`() throws {
    let first = try SocketHarness()
    let other = try SocketHarness(beside: first)
    _ = try first.topic("a")
    let leaves = (0..<12).map { #"{"key":"k","cmp":"ct","val":"v\#($0)"}"# }
      .joined(separator: ",")
    func ask(_ number: Int) -> String {
      let own = #"{"key":"own","cmp":"gt","val":"\#(number)"}"#
      return
        #"{"id":\#(number + 2),"subscribe":{"channel":"a?\#(number)","tf":{"op":"or","nodes":["#
        + #"\#(leaves),\#(own)]}}}"#
    }
    var refused: JSONView?
    for number in 0..<120 where refused == nil {
      first.send(ask(number))
      refused = try JSONView.parse(Array(try #require(try first.next()).utf8))["error"]
    }
    let error = try #require(refused)
    #expect(error["code"]?.int == 106)
    #expect(error["message"]?.string?.contains("one client's filters of a topic may") == true)
    other.send(ask(0))
    let answer = try JSONView.parse(Array(try #require(try other.next()).utf8))
    #expect(answer["subscribe"] != nil)
  }
}
