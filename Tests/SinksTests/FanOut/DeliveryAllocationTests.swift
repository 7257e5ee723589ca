// SPDX-License-Identifier: Apache-2.0
import Glibc
import Streams
import Testing
import Transport

@testable import Sinks

/// Counts what deliveries allocate, where `Benchmarks/Baselines/malloc-count.c` was loaded with
/// LD_PRELOAD, the build is optimised and no other test runs:
/// `swift test -c release -Xswiftc -enable-testing --filter DeliveryAllocationTests`.
@Suite(.serialized) struct DeliveryAllocationTests {
  private static let isCounted = count != nil && !_isDebugAssertConfiguration()
  private static let count: (@convention(c) () -> UInt64)? = dlsym(nil, "weir_allocations").map {
    unsafeBitCast($0, to: (@convention(c) () -> UInt64).self)
  }
  private static let events = 50

  /// What some deliveries to so many sessions allocate, after others like them.
  private func allocations(sessions count: Int, eventsAtOnce: Int) throws -> Int {
    let counter = try #require(Self.count)
    let first = try SocketHarness()
    let harnesses = try [first] + (1..<count).map { _ in try SocketHarness(beside: first) }
    for harness in harnesses {
      harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
      _ = try harness.next()
    }
    let topic = try first.topic("a")
    let batch = (1...eventsAtOnce).map { event("\($0)") }
    func deliver() {
      for _ in 1...Self.events {
        topic.append(batch)
        first.turns.settle(first.shard)
      }
    }
    deliver()
    let before = counter()
    deliver()
    let after = counter()
    for harness in harnesses {
      #expect(harness.loopback.connection.isClear)
      #expect(harness.session.subscriptions[0].cursor.next == topic.end.next)
    }
    return Int(after - before)
  }

  @Test(.enabled(if: isCounted), arguments: [1, 32])
  func `more sessions allocate no more`(eventsAtOnce: Int) throws {
    let few = try allocations(sessions: 2, eventsAtOnce: eventsAtOnce)
    let many = try allocations(sessions: 102, eventsAtOnce: eventsAtOnce)
    let each = Double(many - few) / Double(100 * Self.events)
    #expect(each < 0.01)
  }
}
