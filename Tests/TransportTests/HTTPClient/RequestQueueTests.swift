// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct RequestQueueTests {
  private static func queue(
    _ configure: (inout HTTPClient.Configuration) -> Void = { _ in }
  ) -> RequestQueue {
    var configuration = HTTPClient.Configuration()
    configuration.maximumConnectionCount = 4
    configuration.maximumConnectionsPerHost = 2
    configuration.maximumStreamsPerHost = 3
    configuration.maximumWaitingCount = 3
    configuration.maximumWaitingBytes = 100
    configure(&configuration)
    return RequestQueue(configuration)
  }

  /// Takes everything that may run.
  private static func drain(_ queue: inout RequestQueue) -> [UInt64] {
    var taken: [UInt64] = []
    while let id = queue.takeNext() { taken.append(id) }
    return taken
  }

  @Test func `a host runs as many as it may, and the next when one ends`() {
    var queue = Self.queue()
    for id in 1...4 as ClosedRange<UInt64> {
      #expect(queue.add(id, to: "a", bytes: 0) == .wait)
      _ = id <= 2 ? queue.takeNext() : nil
    }
    #expect(Self.drain(&queue) == [])
    #expect(queue.activeCount == 2 && queue.waitingCount == 2)
    queue.finish(at: "a", isMultiplexed: false)
    #expect(Self.drain(&queue) == [3])
  }

  @Test func `a host that is full delays no other`() {
    var queue = Self.queue()
    for id in 1...3 as ClosedRange<UInt64> {
      _ = queue.add(id, to: "a", bytes: 0)
    }
    _ = queue.add(4, to: "b", bytes: 0)
    #expect(Self.drain(&queue) == [1, 4, 2])
    #expect(queue.waitingCount == 1)
  }

  @Test func `a lookup that is left takes a place of its host until it ends`() {
    var queue = Self.queue { $0.maximumConnectionsPerHost = 1 }
    _ = queue.add(1, to: "a", bytes: 0)
    _ = queue.add(2, to: "a", bytes: 0)
    #expect(Self.drain(&queue) == [1])
    queue.abandonLookup(at: "a")
    #expect(queue.activeCount == 0 && queue.lookupCount == 1)
    #expect(Self.drain(&queue) == [])
    _ = queue.add(3, to: "b", bytes: 0)
    #expect(Self.drain(&queue) == [3])
    queue.finishLookup(at: "a")
    #expect(Self.drain(&queue) == [2])
    queue.finish(at: "a", isMultiplexed: nil)
    queue.finish(at: "b", isMultiplexed: nil)
    #expect(queue.hostCount == 0)
  }

  @Test func `as many lookups as may be left stop everything until one ends`() {
    var queue = Self.queue { $0.maximumAbandonedLookupCount = 2 }
    for id in 1...4 as ClosedRange<UInt64> { _ = queue.add(id, to: "\(id)", bytes: 0) }
    #expect(Self.drain(&queue) == [1, 2, 3, 4])
    queue.abandonLookup(at: "1")
    _ = queue.add(5, to: "5", bytes: 0)
    #expect(Self.drain(&queue) == [5])
    queue.abandonLookup(at: "2")
    _ = queue.add(6, to: "6", bytes: 0)
    #expect(Self.drain(&queue) == [])
    queue.finishLookup(at: "1")
    #expect(Self.drain(&queue) == [6])
  }

  @Test func `hosts take turns for what there is in all`() {
    var queue = Self.queue { $0.maximumConnectionCount = 1 }
    _ = queue.add(1, to: "a", bytes: 0)
    #expect(Self.drain(&queue) == [1])
    for (id, host) in [(2, "a"), (3, "a"), (4, "b")] as [(UInt64, String)] {
      _ = queue.add(id, to: host, bytes: 0)
    }
    var order: [UInt64] = []
    for host in ["a", "a", "b", "a"] {
      queue.finish(at: host, isMultiplexed: false)
      order += Self.drain(&queue)
    }
    #expect(order == [2, 4, 3])
    #expect(queue.activeCount == 0 && queue.hostCount == 0)
  }

  @Test func `a host of several streams per connection runs more, on one connection`() {
    var queue = Self.queue()
    for id in 1...2 as ClosedRange<UInt64> {
      _ = queue.add(id, to: "a", bytes: 0)
    }
    #expect(Self.drain(&queue) == [1, 2])
    queue.finish(at: "a", isMultiplexed: true)
    for id in 3...6 as ClosedRange<UInt64> {
      _ = queue.add(id, to: "a", bytes: 0)
      _ = id <= 4 ? queue.takeNext() : nil
    }
    #expect(queue.activeCount == 3)
    // Its one connection leaves three for others.
    for id in 7...9 as ClosedRange<UInt64> {
      _ = queue.add(id, to: "b\(id)", bytes: 0)
      #expect(queue.takeNext() == id)
    }
    #expect(queue.takeNext() == nil)
  }

  @Test func `a full queue refuses the newest, by count and by bytes`() {
    var queue = Self.queue { $0.maximumConnectionsPerHost = 1 }
    _ = queue.add(1, to: "a", bytes: 1_000)
    #expect(queue.takeNext() == 1)
    #expect(queue.add(2, to: "a", bytes: 60) == .wait)
    #expect(queue.add(3, to: "a", bytes: 41) == .refuse)
    #expect(queue.add(4, to: "a", bytes: 40) == .wait)
    #expect(queue.add(5, to: "a", bytes: 0) == .wait)
    #expect(queue.add(6, to: "a", bytes: 0) == .refuse)
    #expect(queue.waitingCount == 3 && queue.waitingBytes == 100)
    // Who can start at once needs no room.
    #expect(queue.add(7, to: "b", bytes: 5_000) == .wait)
    #expect(queue.takeNext() == 7)
  }

  @Test func `a full queue drops the oldest of all hosts`() {
    var queue = Self.queue {
      ($0.maximumConnectionsPerHost, $0.overflow) = (1, .dropOldest)
    }
    for (id, host) in [(1, "a"), (2, "b")] as [(UInt64, String)] {
      _ = queue.add(id, to: host, bytes: 0)
      #expect(queue.takeNext() == id)
    }
    for (id, host) in [(3, "b"), (4, "a"), (5, "a")] as [(UInt64, String)] {
      #expect(queue.add(id, to: host, bytes: 10) == .wait)
    }
    #expect(queue.add(6, to: "a", bytes: 10) == .waitDropping(id: 3))
    #expect(queue.add(7, to: "b", bytes: 10) == .waitDropping(id: 4))
    // One that would need more than one place is refused, and nobody is dropped for it.
    #expect(queue.add(8, to: "b", bytes: 90) == .refuse)
    #expect(queue.waitingCount == 3 && queue.waitingBytes == 30)
    queue.finish(at: "b", isMultiplexed: nil)
    #expect(Self.drain(&queue) == [7])
  }

  @Test func `what is taken out of the queue is not run, and a host without any is forgotten`() {
    var queue = Self.queue { $0.maximumConnectionsPerHost = 1 }
    for id in 1...3 as ClosedRange<UInt64> {
      _ = queue.add(id, to: "a", bytes: 5)
      _ = id == 1 ? queue.takeNext() : nil
    }
    let isRemoved = [2, 2, 1, 3].map { queue.removeWaiting($0, from: "a") }
    #expect(isRemoved == [true, false, false, true])
    #expect(queue.waitingCount == 0 && queue.waitingBytes == 0)
    queue.finish(at: "a", isMultiplexed: nil)
    #expect(queue.hostCount == 0)
    #expect(queue.takeNext() == nil)
  }
}
