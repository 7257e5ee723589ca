// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Sinks

@Suite struct FilterSetTests {
  private static let expressions = [
    "type == 'a'", "type == 'b'", "type in ['a', 'c']", "tags.k == 'a'", "tags.k == 'ab'",
    "tags.k in ['a', 'b', '']", "tags.k == 'a' && data.n > 1", "tags.k == 'a' && tags.l == 'b'",
    "tags.m in ['a', 'b'] && type == 'a'", "data.n > 0", "has(tags.k)", "true", "false",
    "subject == 'a'", "subject in [null, 'a']", "subject == null || subject == 'b'",
    "id == 'a' && data.n == 1", "source == 'ab'", "tags.type == 'a'",
    "tags.time == '1970-01-01T00:00:00.001Z'", "tags.id == 'a'", "data.none == 1", "!(type == 'a')",
    "type == 'a' || tags.k == 'a'", "tags.k == 'a' || tags.k == 'b'", "'k' in tags && type == 'b'",
  ]
  private static let tagFilters = [
    #"{"key":"k","cmp":"eq","val":"a"}"#, #"{"key":"k","cmp":"in","vals":["a","ab"]}"#,
    #"{"key":"k","cmp":"neq","val":"a"}"#, #"{"key":"subject","cmp":"eq","val":"a"}"#,
    #"{"op":"and","nodes":[{"key":"l","cmp":"eq","val":"a"},{"key":"k","cmp":"ex"}]}"#,
  ]

  private static func randomEvent(_ random: inout SeededGenerator) -> Event {
    let texts: [String?] = [nil, "a", "b", "ab", "", "c"]
    func text() -> String? { texts[Int.random(in: 0..<texts.count, using: &random)] }
    var tags: [String: String] = [:]
    for name in ["k", "l", "m", "x", "y", "z", "type", "id"] { tags[name] = text() }
    return Event(
      data: Array(#"{"n":\#(Int.random(in: -1...3, using: &random))}"#.utf8),
      type: text(),
      subject: text(),
      time: Bool.random(using: &random) ? 1 : nil,
      id: text(),
      source: text(),
      tags: tags
    )
  }

  @Test(arguments: 1...4) func `finds whom one by one would find`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let filters =
      try Self.expressions.map { try EventFilter(expression: $0) }
      + Self.tagFilters.map { try tagFilter($0) }
    var set = FilterSet()
    var evaluator = FilterEvaluator()
    var members: [(handle: FilterHandle, filter: EventFilter, member: Int)] = []
    var found: [Int] = []
    for step in 0..<3_000 {
      if members.isEmpty
        || Int.random(in: 0..<100, using: &random) < (step / 500 % 2 == 0 ? 60 : 40)
      {
        let filter = filters[Int.random(in: 0..<filters.count, using: &random)]
        members.append((try set.add(filter, member: step), filter, step))
      } else {
        let gone = members.remove(at: Int.random(in: 0..<members.count, using: &random))
        let isGone = [set.remove(gone.handle), set.remove(gone.handle)]
        #expect(isGone == [true, false])
      }
      guard step.isMultiple(of: 3) else { continue }
      let event = Self.randomEvent(&random)
      found.removeAll(keepingCapacity: true)
      set.appendMatches(event, to: &found)
      let expected = members.filter { evaluator.evaluate($0.filter, event) == .matched }
      #expect(found.sorted() == expected.map(\.member).sorted(), "step \(step)")
    }
    let distinct = Set(members.map(\.filter.canonicalForm)).count
    #expect(set.statistics.filterCount == distinct)
    #expect(set.statistics.memberCount == members.count)
    for member in members {
      let isGone = set.remove(member.handle)
      #expect(isGone)
    }
    #expect(set.statistics.filterCount == 0 && set.statistics.indexedTextCount == 0)
    #expect(set.statistics.indexedFilterCount == 0 && set.statistics.scannedFilterCount == 0)
    found = []
    set.appendMatches(Self.randomEvent(&random), to: &found)
    #expect(found.isEmpty)
  }

  @Test func `thousands of equalities cost a look-up`() throws {
    var set = FilterSet()
    for number in 0..<10_000 {
      _ = try set.add(EventFilter(expression: "tags.user == 'u\(number)'"), member: number)
    }
    var found: [Int] = []
    set.appendMatches(Event(data: [0x31], tags: ["user": "u4711", "other": "u1"]), to: &found)
    #expect(found == [4711])
    #expect(set.statistics.evaluatedCount == 0)
    #expect(set.statistics.lookedUpCount == 1)
  }

  @Test func `equal filters are evaluated once`() throws {
    var set = FilterSet()
    for number in 0..<1_000 {
      let text =
        number.isMultiple(of: 2) ? "data.n > 1 && type == 'a'" : "'a' == type && 1 < data.n"
      _ = try set.add(EventFilter(expression: text), member: number)
    }
    #expect(set.statistics.filterCount == 1)
    var found: [Int] = []
    set.appendMatches(event(#"{"n":2}"#, type: "a"), to: &found)
    #expect(found.count == 1_000)
    #expect(set.statistics.evaluatedCount == 1)
    set.appendMatches(event(#"{}"#, type: "a"), to: &found)
    #expect(set.statistics.failedCount == 1 && found.count == 1_000)
    #expect(set.statistics.matchedMemberCount == 1_000 && set.statistics.eventCount == 2)
  }

  @Test func `many tags that are indexed cost what the event has`() throws {
    var set = FilterSet()
    for number in 0..<1_000 {
      _ = try set.add(EventFilter(expression: "tags.t\(number) == 'x'"), member: number)
    }
    var found: [Int] = []
    set.appendMatches(Event(data: [0x31], tags: ["t7": "x", "t8": "y", "none": "x"]), to: &found)
    #expect(found == [7])
  }

  @Test func `members, filters and texts are limited`() throws {
    var limits = FilterSetLimits()
    limits.maximumMembers = 3
    limits.maximumFilters = 2
    limits.maximumIndexedTexts = 3
    var set = FilterSet(limits: limits)
    let two = try EventFilter(expression: "tags.a in ['1', '2']")
    let first = try set.add(two, member: 1)
    #expect(throws: FilterSetError.tooManyIndexedTexts(limit: 3)) {
      try set.add(EventFilter(expression: "tags.b in ['1', '2']"), member: 2)
    }
    _ = try set.add(EventFilter(expression: "tags.b == '1'"), member: 2)
    #expect(throws: FilterSetError.tooManyFilters(limit: 2)) {
      try set.add(EventFilter(expression: "true"), member: 3)
    }
    _ = try set.add(two, member: 3)
    #expect(throws: FilterSetError.tooManyMembers(limit: 3)) { try set.add(two, member: 4) }
    #expect(set.statistics.filterCount == 2 && set.statistics.memberCount == 3)
    set.remove(first)
    _ = try set.add(two, member: 5)
  }

  @Test func `what is evaluated for every event is limited`() throws {
    var limits = FilterSetLimits()
    limits.maximumPasses = 4
    var set = FilterSet(limits: limits)
    let handle = try set.add(EventFilter(expression: "data.a == 1"), member: 1)
    _ = try set.add(EventFilter(expression: "data.a == 2"), member: 2)
    let third = try EventFilter(expression: "data.a == 3")
    #expect(throws: FilterSetError.tooManyPasses(limit: 4)) { try set.add(third, member: 3) }
    // An equality that spares them is not among them.
    _ = try set.add(EventFilter(expression: "data.a == 3 && type == 'a'"), member: 3)
    _ = try set.add(EventFilter(expression: "data.a == 4 && type == 'a'"), member: 4)
    // As many for one text are as many.
    #expect(throws: FilterSetError.tooManyPasses(limit: 4)) {
      try set.add(EventFilter(expression: "data.a == 5 && type == 'a'"), member: 5)
    }
    _ = try set.add(EventFilter(expression: "data.a == 5 && type == 'b'"), member: 5)
    set.remove(handle)
    _ = try set.add(third, member: 3)
    limits.maximumSteps = 3
    set = FilterSet(limits: limits)
    _ = try set.add(EventFilter(expression: "has(tags.a)"), member: 1)
    #expect(throws: FilterSetError.tooManySteps(limit: 3)) {
      try set.add(EventFilter(expression: "!has(tags.a) && !has(tags.b)"), member: 1)
    }
  }

  @Test func `a catalog gives the same object and keeps none`() throws {
    let catalog = FilterCatalog()
    var first: EventFilter? = catalog.shared(try EventFilter(expression: "type == 'a'"))
    let second = catalog.shared(try EventFilter(expression: "'a' == type"))
    #expect(first === second)
    #expect(catalog.count == 1)
    for number in 0..<1_000 {
      _ = catalog.shared(try EventFilter(expression: "type == '\(number)'"))
    }
    #expect(catalog.count == 1)
    #expect(catalog.heldCount <= 65)
    first = nil
    #expect(catalog.shared(try EventFilter(expression: "type in ['a']")) === second)
  }
}
