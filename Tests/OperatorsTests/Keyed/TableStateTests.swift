// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@testable import Streams

/// What operators with many keys write into one checkpoint after another.
@Suite struct TableStateTests {
  private struct Reading: Sendable, Codable {
    let sensor: String
    let value: Int
    let time: Timestamp

    init(_ number: Int, at milliseconds: Int) {
      sensor = "sensor-\(number)"
      value = number % 97
      time = Timestamp(milliseconds: Int64(milliseconds))
    }
  }

  private static let keys = 8_000

  private static func make<Chain: Operator>(
    _ build: (Flow<Identity<Reading>>) -> Flow<Chain>
  ) -> Chain {
    build(Topic<Reading>("readings").flow()).chain
  }

  private static func feed<Chain: Operator>(
    _ chain: inout Chain,
    _ numbers: some Sequence<Int>,
    at milliseconds: Int
  ) where Chain.Input == Reading {
    let now = Timestamp(milliseconds: Int64(milliseconds))
    for number in numbers { chain.receive(Reading(number, at: milliseconds), at: now) { _ in } }
  }

  private static func bytes(_ parts: [StatePart]) -> Int {
    parts.reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) }
  }

  /// Writes all keys, then again after one in a hundred has changed.
  private static func expectOnlyChangesAreWritten<Chain: Operator>(
    _ build: (Flow<Identity<Reading>>) -> Flow<Chain>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws where Chain.Input == Reading {
    var chain = make(build)
    for instant in [9, 10] { feed(&chain, 0..<keys, at: instant) }
    var whole = StateEncoder()
    var copy = chain
    try copy.encode(into: &whole)
    var image = StateImage()
    func store() throws -> Int {
      var sum = 0
      repeat {
        var encoder = image.makeEncoder()
        try chain.encode(into: &encoder)
        sum += bytes(try image.prepare(encoder).flatMap { $0 })
        image.settle()
      } while image.isAhead
      return sum
    }
    let first = try store()
    #expect(first < 2 * whole.bytes.count, sourceLocation: sourceLocation)
    feed(&chain, stride(from: 0, to: keys, by: 100), at: 11)
    let changed = try store()
    #expect(changed < 2 * whole.bytes.count / 100, sourceLocation: sourceLocation)
    #expect(changed > whole.bytes.count / 200, sourceLocation: sourceLocation)
    #expect(try store() < 400, sourceLocation: sourceLocation)
  }

  @Test func `of many keys only those that have changed are written`() throws {
    try Self.expectOnlyChangesAreWritten { flow in
      flow.keyed(by: \.sensor, initial: { 0 }) { sum, reading in
        sum += reading.value
        return sum
      }
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.window(.tumbling(.seconds(1)), by: \.sensor, at: \.time)
        .aggregate { Sum(of: { $0.value }) }
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.window(.sliding(.seconds(4), every: .seconds(1)), by: \.sensor, at: \.time)
        .aggregate { Sum(of: { $0.value }) }
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.window(.session(gap: .seconds(1)), by: \.sensor, at: \.time)
        .aggregate { Sum(of: { $0.value }) }
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.window(.count(1_000), by: \.sensor).aggregate { Sum(of: { $0.value }) }
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.grouped(by: \.sensor) { $0.scan(0) { $0 += $1.value } }
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.throttle(for: .seconds(1), by: \.sensor, keeping: .latest)
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.debounce(for: .seconds(1), by: \.sensor)
    }
    try Self.expectOnlyChangesAreWritten { flow in
      flow.rateLimit(1, per: .seconds(100), by: \.sensor)
    }
  }

  @Test func `a window that is over is dropped by one part`() throws {
    var chain = Self.make { flow in
      flow.window(.tumbling(.seconds(1)), by: \.sensor, at: \.time).aggregate { Count() }
    }
    var image = StateImage()
    func store() throws -> [StatePart] {
      var encoder = image.makeEncoder()
      try chain.encode(into: &encoder)
      defer { image.settle() }
      return try image.prepare(encoder).flatMap { $0 }
    }
    Self.feed(&chain, 0..<1_000, at: 10)
    #expect(try store().count > 1_000)
    chain.advance(to: Timestamp(milliseconds: 5_000), at: Timestamp(milliseconds: 11)) { _ in }
    var fired = 0
    while chain.isPending {
      chain.resume(at: Timestamp(milliseconds: 11), room: 256) { _ in fired += 1 }
    }
    #expect(fired == 1_000)
    let parts = try store()
    #expect(parts.contains { $0.key == [StateKey.dropped, 0, 0, 0, 1] && $0.value == [] })
    #expect(parts.count < 5)
  }

  @Test func `keys that are too long for a name are told apart and read back`() throws {
    let make = {
      Topic<String>("words").flow().keyed(by: { $0 }, initial: { 0 }) { count, _ in
        count += 1
        return count
      }.chain
    }
    let words = (0..<300).map { String(repeating: "x", count: 300 + $0) + "\($0)" }
    var chain = make()
    for word in words { chain.receive(word, at: Timestamp(milliseconds: 1)) { _ in } }
    var image = StateImage()
    var encoder = image.makeEncoder()
    try chain.encode(into: &encoder)
    let parts = try image.prepare(encoder).flatMap { $0 }
    #expect(Set(parts.map(\.key)).count == parts.count)
    #expect(parts.allSatisfy { $0.key.count < 600 })
    var copy = make()
    var decoder = try #require(try StateImage(parts).decoder(of: parts))
    try copy.restore(from: &decoder)
    for word in words {
      copy.receive(word, at: Timestamp(milliseconds: 2)) { #expect($0 == 2) }
    }
  }

  @Test func `damaged entries are refused`() throws {
    let make = {
      Topic<Int>("numbers").flow().keyed(by: { $0 }, initial: { "" }) { text, number in
        text += "\(number)"
        return text
      }.chain
    }
    var chain = make()
    for number in 0..<300 { chain.receive(number, at: Timestamp(milliseconds: 1)) { _ in } }
    var image = StateImage()
    var encoder = image.makeEncoder()
    try chain.encode(into: &encoder)
    let parts = try image.prepare(encoder).flatMap { $0 }
    var random = SeededGenerator(7)
    for _ in 0..<200 {
      var damaged = parts
      let place = Int.random(in: 0..<damaged.count, using: &random)
      guard var value = damaged[place].value, !value.isEmpty else { continue }
      let end = Int.random(in: 0..<value.count, using: &random)
      value.removeLast(value.count - end)
      damaged[place] = StatePart(damaged[place].key, value)
      #expect(throws: StateError.self) {
        guard var decoder = try StateImage(damaged).decoder(of: damaged) else {
          throw StateError.malformed(at: 0, expected: "a state")
        }
        var copy = make()
        try copy.restore(from: &decoder)
      }
    }
  }
}
