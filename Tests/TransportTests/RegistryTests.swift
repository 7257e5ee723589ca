// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Transport

@Suite struct RegistryTests {
  @Test func `a reused descriptor makes the former registration stale`() {
    var registry = Registry()
    let first = registry.add(7)
    #expect(registry.holds(first))
    let second = registry.add(7)
    #expect(!registry.holds(first))
    #expect(registry.holds(second))
    #expect(registry.remove(first) == false)
    #expect(registry.remove(second) == true)
    #expect(!registry.holds(second))
    #expect(registry.activeCount == 0)
  }

  @Test func `what was never registered is not held`() {
    #expect(!Registry().holds(RegistrationID(descriptor: 3, generation: 0)))
    #expect(!Registry().holds(RegistrationID(descriptor: -1, generation: 1)))
  }

  @Test(arguments: [(CInt(0), UInt32(1)), (7, .max), (.max, 0x8000_0000)])
  func `an identifier survives being packed`(descriptor: CInt, generation: UInt32) {
    let id = RegistrationID(descriptor: descriptor, generation: generation)
    #expect(RegistrationID(packed: id.packed) == id)
  }

  @Test func `the poller drops an event of a registration that is stale`() throws {
    let poller = try Poller()
    var registry = Registry()
    // A duplicate keeps the former pipe in epoll after its number was closed and reused.
    let formerBell = Doorbell()
    let presentBell = Doorbell()
    let number = dup(formerBell.descriptor)
    try poller.add(registry.add(number), for: .read)
    dup2(presentBell.descriptor, number)
    let present = registry.add(number)
    try poller.add(present, for: .read)
    defer { close(number) }

    formerBell.ring()
    var ready: [ReadyEvent] = []
    var guestEvents: [(number: UInt16, event: ReadyEvent)] = []
    poller.wait(milliseconds: 0, registry: registry, into: &ready, guests: &guestEvents)
    #expect(ready.isEmpty)
    presentBell.ring()
    poller.wait(milliseconds: 0, registry: registry, into: &ready, guests: &guestEvents)
    #expect(ready.map(\.id) == [present])
  }

  @Test func `waking ends the next wait and is no event`() throws {
    let poller = try Poller()
    var ready: [ReadyEvent] = []
    var guestEvents: [(number: UInt16, event: ReadyEvent)] = []
    for _ in 0..<3 {
      poller.wake()
      poller.wait(milliseconds: -1, registry: Registry(), into: &ready, guests: &guestEvents)
    }
    #expect(ready.isEmpty)
  }
}
