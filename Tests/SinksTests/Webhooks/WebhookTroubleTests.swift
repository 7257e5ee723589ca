// SPDX-License-Identifier: Apache-2.0
import Foundation
import Storage
import StorageFaults
import Streams
import Synchronization
import Testing
import Transport
import WeirTesting

@testable import Sinks
@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct WebhookTroubleTests {
  /// A disk that is full when a test says so.
  // The C side has a lock of its own.
  private final class Disk: @unchecked Sendable {
    let name = "webhooks-\(UUID().uuidString)"
    private let disk: OpaquePointer

    init() {
      guard let disk = faults_create(name) else { preconditionFailure("there is memory") }
      self.disk = disk
    }

    func fill() { faults_arm(disk, faults_full, 1, 1 << 40) }
    func heal() { faults_arm(disk, faults_none, 0, 0) }
    /// Only once no file is open.
    func end() { faults_destroy(disk) }
  }

  @Test func `as long as the disk is full a webhook waits, then it goes on`() async throws {
    let place = try WebhookPlace()
    let disk = Disk()
    let receivers = ProbeReceivers { message, _ in
      if message.offset == 2 { disk.fill() }
      return .success(WebhookAnswer(status: 200))
    }
    var settings = StorageSettings()
    settings.system = disk.name
    let world = try WebhookWorld(in: place.path, settings: settings, receivers)
    let topic = try world.topic()
    let id = try await world.add().webhook.id
    topic.appendNumbers(1...4)
    await world.clock.sleepers(1)
    // The receiver has the second one, which is not noted yet; the third is not sent.
    #expect(receivers.messages.map(\.offset) == [1, 2])
    #expect(world.service.board.counts.failedWrites == 1)
    #expect(world.service.board.entries[id]?.problem?.contains("disk is full") == true)
    #expect(world.service.board.entries[id]?.place.offset == 1)
    world.clock.advance(to: world.clock.nextDeadline)
    await world.clock.sleepers(1)
    #expect(world.service.board.counts.failedWrites == 2)
    disk.heal()
    world.clock.advance(to: world.clock.nextDeadline)
    await world.reaches { $0.totals.delivered == 4 }
    #expect(receivers.messages.map(\.offset) == [1, 2, 3, 4])
    #expect(try await world.service.all().first?.place.offset == 4)
    await world.end()
    disk.end()
  }

  /// A feed that can't be read at first.
  private final class BrokenFeed: WebhookFeed {
    private let pages: Mutex<[Result<WebhookPage, WebhookFeedError>]>
    let end: CursorPlace

    init(_ pages: [Result<WebhookPage, WebhookFeedError>], end: CursorPlace) {
      self.pages = Mutex(pages)
      self.end = end
    }

    func read(
      after place: CursorPlace,
      limit: Int,
      bytes: Int
    ) async throws(WebhookFeedError) -> WebhookPage {
      let page = pages.withLock { $0.isEmpty ? nil : $0.removeFirst() }
      return try page?.get() ?? WebhookPage(epoch: end.epoch)
    }

    func news(after place: CursorPlace) async {
      _ = await ProbeReceivers.silence()
    }
  }

  @Test func `a topic that can't be read is tried again, and damage is passed`() async throws {
    let place = try WebhookPlace()
    let log = try EventLog(directory: place.path)
    let (clock, receivers, epoch) = (ManualClock(0), ProbeReceivers(), Epoch(rawValue: 14))
    func page(_ offset: Offset) -> Result<WebhookPage, WebhookFeedError> {
      let entry = EventEntry(event: event("1"), offset: offset, appended: 1, epoch: epoch)
      return .success(WebhookPage(epoch: epoch, entries: [entry]))
    }
    let feed = BrokenFeed(
      [
        .failure(.unavailable("the disk is slow")), page(1),
        .failure(.damaged(Gap(from: 2, to: 5), "entries 2 to 5 are damaged")), page(6),
      ],
      end: CursorPlace(epoch, 0)
    )
    let heard = HeardLines()
    let service = WebhookService(
      log: log,
      sender: receivers,
      clock: clock,
      report: { heard.add($0) }
    ) { _ in feed }
    let id = try await service.add(WebhookRequest(url: "https://a.example/", topic: "t"))
      .webhook.id
    await clock.sleepers(1)
    #expect(service.board.entries[id]?.problem == "the disk is slow")
    clock.advance(to: clock.nextDeadline)
    while service.board.counts.totals.delivered < 2, !Task.isCancelled { await Task.yield() }
    #expect(receivers.messages.map(\.offset) == [1, 6])
    #expect(service.board.entries[id]?.problem == nil)
    #expect(service.board.counts.failedReads == 2 && service.board.counts.totals.missed == 4)
    let failed = try await service.failures(of: id, after: 0, limit: 9)
    #expect(failed.map(\.reason) == ["entries 2 to 5 are damaged"])
    #expect(heard.all.contains { $0.contains("2 to 5") })
    await service.stop()
    log.close()
  }
}
