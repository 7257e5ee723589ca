// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import Transport

@Suite struct TurnTests {
  @Test func `a turn tells of descriptors, then timers, then runs jobs, then settles`() async throws
  {
    let loop = try EventLoop(name: "test")
    let tenant = ProbeTenant(loop)
    let doorbell = Doorbell()
    doorbell.ring()
    let descriptor = doorbell.descriptor
    try loop.start(tenant: tenant)
    // Set up in one body, so that all three are due when the next turn begins.
    let due = await loop.run { () -> (RegistrationID?, TimerID) in
      loop.execute { tenant.record(.note("set up")) }
      let due = (try? loop.register(descriptor, for: .read), loop.schedule(after: .zero))
      // More rounds than one turn has, so that the last body belongs to the next turn.
      Self.nest(EventLoop.maximumJobRounds, on: loop) { tenant.record(.note("job")) }
      return due
    }
    await tenant.reach { $0.contains(.note("job")) && $0.last == .settle }
    let id = try #require(due.0)
    let event = ReadyEvent(
      id: id,
      isReadable: true,
      isWritable: false,
      isPeerFinished: false,
      isHangup: false
    )
    let wanted: [ProbeTenant.Call] = [
      .note("set up"), .settle, .ready([event]), .fire([due.1]), .note("job"), .settle,
    ]
    let start = try #require(tenant.calls.firstIndex(of: .note("set up")))
    #expect(Array(tenant.calls[start...].prefix(wanted.count)) == wanted)
    loop.stop()
    loop.join()
  }

  @Test func `work queued while settling runs without another event`() async throws {
    let loop = try EventLoop(name: "test")
    let left = Atomic<Int>(1_000)
    let tenant = ProbeTenant(loop) {
      if left.load(ordering: .relaxed) > 0 {
        loop.execute { left.subtract(1, ordering: .relaxed) }
      }
    }
    try loop.start(tenant: tenant)
    loop.execute {}
    await tenant.reach { $0.count > 1_000 }
    #expect(left.load(ordering: .relaxed) == 0)
    loop.stop()
    loop.join()
  }

  @Test func `timers fire in the order of their deadlines and not when cancelled`() async throws {
    let loop = try EventLoop(name: "test")
    let tenant = ProbeTenant(loop)
    try loop.start(tenant: tenant)
    let timers = await loop.run {
      [3, 1, 2, 0].map { loop.schedule(after: .milliseconds($0)) }
    }
    let cancelled = await loop.run {
      let timer = loop.schedule(after: .zero)
      return loop.cancel(timer) && !loop.cancel(timer)
    }
    await tenant.reach { $0.firedTimers.count == 4 }
    #expect(cancelled)
    #expect(tenant.calls.firedTimers == [timers[3], timers[1], timers[2], timers[0]])
    #expect(await loop.run { loop.statistics.pendingTimerCount } == 0)
    loop.stop()
    loop.join()
  }

  @Test func `a descriptor is told of once per change and not after its deregistration`()
    async throws
  {
    let loop = try EventLoop(name: "test")
    let tenant = ProbeTenant(loop)
    let doorbell = Doorbell()
    doorbell.ring()
    let descriptor = doorbell.descriptor
    try loop.start(tenant: tenant)
    let id = try #require(await loop.run { try? loop.register(descriptor, for: .read) })
    await tenant.reach { $0.readyIDs == [id] }
    doorbell.ring()
    await tenant.reach { $0.readyIDs == [id, id] }
    await loop.run { loop.deregister(id) }
    doorbell.ring()
    let second = try #require(await loop.run { try? loop.register(descriptor, for: .read) })
    await tenant.reach { $0.readyIDs.count == 3 }
    #expect(tenant.calls.readyIDs == [id, id, second])
    #expect(second.descriptor == id.descriptor)
    #expect(second.generation == id.generation + 1)
    loop.stop()
    loop.join()
  }

  private static func nest(
    _ depth: Int,
    on loop: EventLoop,
    _ body: @escaping @Sendable () -> Void
  ) {
    loop.execute { depth == 1 ? body() : nest(depth - 1, on: loop, body) }
  }
}

extension [ProbeTenant.Call] {
  fileprivate var firedTimers: [TimerID] {
    flatMap { if case .fire(let timers) = $0 { timers } else { [TimerID]() } }
  }
  fileprivate var readyIDs: [RegistrationID] {
    flatMap { if case .ready(let events) = $0 { events.map(\.id) } else { [RegistrationID]() } }
  }
}
