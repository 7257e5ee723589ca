// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams
import Testing
import Transport
import WeirTesting

@testable import Sinks

@Suite(.timeLimit(.minutes(1))) struct WebhookRestartTests {
  private let place: WebhookPlace

  init() throws { place = try WebhookPlace() }

  /// Receivers that always fail.
  private var failing: ProbeReceivers {
    ProbeReceivers { _, _ in .success(WebhookAnswer(status: 500)) }
  }

  @Test func `the attempts and the time of the next one outlive the process`() async throws {
    let (first, second) = ("\(place.path)/1", "\(place.path)/2")
    let world = try WebhookWorld(in: first, failing)
    let topic = try world.topic()
    try await world.add()
    topic.appendNumbers(1...1)
    await world.pass(attempts: 4)
    await world.clock.sleepers(1)
    let due = world.clock.nextDeadline
    try world.image(in: second)
    let again = try WebhookWorld(in: second, topics: world.topics, clock: world.clock)
    await world.end()
    try await again.service.start()
    await again.clock.sleepers(1)
    #expect(again.clock.nextDeadline == due && again.receivers.messages.isEmpty)
    #expect(try await again.service.all().first?.pending?.attempts == 4)
    again.clock.advance(to: due)
    await again.reaches { $0.totals.delivered == 1 }
    #expect(again.receivers.messages.map(\.id) == [world.receivers.messages[0].id])
    #expect(again.receivers.messages.map(\.body) == [world.receivers.messages[0].body])
    await again.end()
  }

  @Test func `killed at any step, each event comes at least once with one identifier`()
    async throws
  {
    let images = "\(place.path)/images"
    let directory = "\(place.path)/first"
    let receivers = ProbeReceivers { message, _ in
      // The process is killed while the receiver has the message and nobody has noted it.
      try? WebhookWorld.image(of: directory, in: "\(images)/\(message.offset)")
      return .success(WebhookAnswer(status: 200))
    }
    let world = try WebhookWorld(in: directory, receivers)
    let topic = try world.topic()
    try await world.add()
    topic.appendNumbers(1...12)
    await world.reaches { $0.totals.delivered == 12 }
    let ids = receivers.messages.map(\.id)
    for killed in 1...12 {
      let again = try WebhookWorld(in: "\(images)/\(killed)", topics: world.topics)
      try await again.service.start()
      await again.reaches { $0.totals.delivered == 13 - UInt64(killed) }
      // The one at hand comes again; what was noted before does not, and nothing is left out.
      #expect(again.receivers.messages.map(\.id) == Array(ids[(killed - 1)...]))
      await again.end()
    }
    await world.end()
  }

  @Test func `a receiver that is gone for good is left alone, also after a restart`()
    async throws
  {
    let gone = ProbeReceivers { _, _ in .success(WebhookAnswer(status: 410)) }
    let world = try WebhookWorld(in: place.path, gone)
    let topic = try world.topic()
    let id = try await world.add().webhook.id
    topic.appendNumbers(1...3)
    while world.service.board.entries[id]?.isDisabled != true, !Task.isCancelled {
      await Task.yield()
    }
    topic.appendNumbers(4...4)
    #expect(gone.messages.count == 1)
    #expect(try await world.service.all().first?.disabled?.contains("410") == true)
    await world.end()
    let again = try WebhookWorld(in: place.path, topics: world.topics)
    try await again.service.start()
    #expect(again.service.board.entries[id]?.isDisabled == true)
    #expect(again.service.board.entries[id]?.lag == 4)
    await again.end()
    #expect(again.receivers.messages.isEmpty)
  }

  @Test func `what retention took meanwhile is counted, and the rest goes on`() async throws {
    let clock = ManualClock(1_000_000)
    let rules = TopicDirectory.Rules { _ in Retention(maximumCount: 10, maximumBytes: 1 << 20) }
    let topics = TopicDirectory(rules: rules, clock: clock)
    let world = try WebhookWorld(in: place.path, topics: topics, clock: clock)
    let topic = try world.topic()
    try await world.add()
    topic.appendNumbers(1...2)
    await world.reaches { $0.totals.delivered == 2 }
    await world.end()
    topic.appendNumbers(3...100)
    let again = try WebhookWorld(in: place.path, topics: topics, clock: clock)
    try await again.service.start()
    await again.reaches { $0.totals.delivered + $0.totals.missed == 98 }
    let first = topic.earliest.next
    #expect(again.service.board.counts.totals.missed == first - 3 && first > 80)
    #expect(again.receivers.messages.map(\.offset) == Array(first...100))
    #expect(again.heard.all.contains { $0.contains("is gone") })
    await again.end()
  }

  @Test func `another life of a topic is delivered from its beginning`() async throws {
    let world = try WebhookWorld(in: place.path)
    try await world.add()
    try world.topic().appendNumbers(1...5)
    await world.reaches { $0.totals.delivered == 5 }
    await world.end()
    // A volatile topic begins anew with its process.
    let again = try WebhookWorld(in: place.path)
    try again.topic().appendNumbers(1...8)
    try await again.service.start()
    await again.reaches { $0.totals.delivered == 8 }
    #expect(again.receivers.messages.map(\.offset) == Array(1...8))
    let former = Set(world.receivers.messages.map(\.id))
    #expect(former.isDisjoint(with: again.receivers.messages.map(\.id)))
    await again.end()
  }
}
