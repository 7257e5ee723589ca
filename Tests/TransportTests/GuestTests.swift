// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Transport

@Suite struct GuestTests {
  /// A probe that is a guest.
  private final class Guest: LoopGuest {
    let probe: ProbeTenant
    init(_ loop: EventLoop) { probe = ProbeTenant(loop) }
    func ready(_ events: [ReadyEvent]) { probe.ready(events) }
    func fire(_ timers: [TimerID]) { probe.fire(timers) }
    func settle() { probe.settle() }
    func loopEnded() { probe.record(.note("ended")) }
  }

  /// Runs a body with a started loop, its tenant, and a guest.
  private static func with(
    _ body: (EventLoop, ProbeTenant, Guest, GuestID) async throws -> Void
  ) async throws {
    let loop = try EventLoop(name: "test")
    let tenant = ProbeTenant(loop)
    let guest = Guest(loop)
    try loop.start(tenant: tenant)
    let id = try #require(await loop.run { loop.admit(guest) })
    try await body(loop, tenant, guest, id)
    loop.stop()
    loop.join()
  }

  @Test func `a guest hears of its descriptors and timers, and the tenant of none of them`()
    async throws
  {
    try await Self.with { loop, tenant, guest, id in
      let doorbell = Doorbell()
      let descriptor = doorbell.descriptor
      doorbell.ring()
      let made = await loop.run {
        (try? loop.register(descriptor, for: .read, guest: id), loop.schedule(at: .now, guest: id))
      }
      await guest.probe.reach { calls in
        calls.contains { if case .fire = $0 { true } else { false } }
          && calls.contains { if case .ready = $0 { true } else { false } }
      }
      let events = guest.probe.calls.compactMap {
        if case .ready(let events) = $0 { events.first } else { nil }
      }
      #expect(events.first?.id == made.0)
      #expect(guest.probe.calls.contains(.fire([try #require(made.1)])))
      let registration = try #require(made.0)
      await loop.run { loop.deregister(registration) }
      #expect(tenant.calls.allSatisfy { $0 == .settle })
    }
  }

  @Test func `readiness is told until it is over, and anew for another interest`() async throws {
    try await Self.with { loop, _, guest, id in
      let doorbell = Doorbell()
      let descriptor = doorbell.descriptor
      doorbell.ring()
      let registration = try #require(
        await loop.run { try? loop.register(descriptor, for: .read, guest: id) }
      )
      // Nobody reads, so each turn tells it again.
      await guest.probe.reach { $0.filter { $0 != .settle }.count >= 3 }
      await loop.run { try? loop.update(registration, for: .write) }
      let count = guest.probe.calls.count
      await loop.run {}
      // The reading end of a pipe is never writable.
      #expect(guest.probe.calls[count...].allSatisfy { $0 == .settle })
      await loop.run { try? loop.update(registration, for: .read) }
      await guest.probe.reach { $0[count...].contains { $0 != .settle } }
      await loop.run { loop.deregister(registration) }
    }
  }

  @Test func `a registration that has ended can't be changed`() async throws {
    try await Self.with { loop, _, _, id in
      let doorbell = Doorbell()
      let descriptor = doorbell.descriptor
      let registration = try #require(
        await loop.run { try? loop.register(descriptor, for: .read, guest: id) }
      )
      let error = await loop.run { () -> SystemError? in
        loop.deregister(registration)
        do throws(SystemError) {
          try loop.update(registration, for: .read)
          return nil
        } catch {
          return error
        }
      }
      #expect(error?.errno == ENOENT)
    }
  }

  @Test func `a guest is told of the loop's end, and none is admitted after it`() async throws {
    let loop = try EventLoop(name: "test")
    let guest = Guest(loop)
    try loop.start()
    _ = await loop.run { loop.admit(guest) }
    await guest.probe.reach { $0.contains(.settle) }
    loop.stop()
    loop.join()
    #expect(guest.probe.calls.last == .note("ended"))
    #expect(await loop.run { loop.admit(guest) } == nil)
  }

  @Test func `a guest that leaves hears no more, and its timers go with it`() async throws {
    try await Self.with { loop, tenant, guest, id in
      let timer = await loop.run { loop.schedule(at: .now.advanced(by: .seconds(600)), guest: id) }
      #expect(await loop.run { loop.statistics.pendingTimerCount } == 1)
      await loop.run { loop.dismiss(id) }
      #expect(await loop.run { loop.statistics.pendingTimerCount } == 0)
      let count = guest.probe.calls.count
      await loop.run {}
      #expect(guest.probe.calls.count == count)
      #expect(await loop.run { loop.schedule(at: .now, guest: id) } == nil)
      let stale = try #require(timer)
      #expect(await loop.run { loop.cancel(stale, guest: id) } == false)
      await loop.run { loop.dismiss(id) }
      let next = await loop.run { loop.admit(guest) }
      #expect(next == id)
    }
  }
}
