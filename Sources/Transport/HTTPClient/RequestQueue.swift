// SPDX-License-Identifier: Apache-2.0

/// Decides which requests run now and which wait: bounded in all, per host, and in the queue.
///
/// Hosts take turns, and those of one host keep their order, so that one slow host delays nobody
/// else. No clock, lock or system call.
struct RequestQueue {
  enum AddAction: Equatable {
    /// It waits; ``takeNext()`` may give it at once.
    case wait
    /// It waits, and another one that waited longest must be told that it doesn't any more.
    case waitDropping(id: UInt64)
    /// There is no room.
    case refuse
  }

  private struct Waiting {
    let id: UInt64
    let bytes: Int
  }

  private struct Host {
    var activeCount = 0
    /// Lookups of its name that go on though their requests were given up.
    var lookupCount = 0
    /// Whether it was seen to serve several requests on one connection.
    var isMultiplexed = false
    var waiting: [Waiting] = []

    /// Connections that its requests take, as far as that can be known here.
    var connectionCount: Int { isMultiplexed ? min(activeCount, 1) : activeCount }
    var isIdle: Bool { activeCount == 0 && lookupCount == 0 && waiting.isEmpty }
  }

  private let configuration: HTTPClient.Configuration
  private var hosts: [String: Host] = [:]
  /// The hosts with waiting requests, in the order of their turns.
  private var turns: [String] = []
  private var connectionCount = 0

  private(set) var activeCount = 0
  private(set) var lookupCount = 0
  private(set) var waitingCount = 0
  private(set) var waitingBytes = 0

  init(_ configuration: HTTPClient.Configuration) {
    self.configuration = configuration
  }

  /// Hosts with requests.
  var hostCount: Int { hosts.count }

  /// Adds a request, which waits until ``takeNext()`` gives it; its number must be the largest yet.
  mutating func add(_ id: UInt64, to origin: String, bytes: Int) -> AddAction {
    var dropped: UInt64?
    if !hasRoom(for: bytes, at: origin) {
      guard configuration.overflow == .dropOldest, let oldest,
        waitingBytes - oldest.waiting.bytes + bytes <= configuration.maximumWaitingBytes
      else { return .refuse }
      dropped = oldest.waiting.id
      _ = removeWaiting(oldest.waiting.id, from: oldest.origin)
    }
    if hosts[origin, default: Host()].waiting.isEmpty { turns.append(origin) }
    hosts[origin, default: Host()].waiting.append(Waiting(id: id, bytes: bytes))
    waitingCount += 1
    waitingBytes += bytes
    return dropped.map { .waitDropping(id: $0) } ?? .wait
  }

  /// Takes the next request that may run; `nil` when none may.
  mutating func takeNext() -> UInt64? {
    guard let turn = turns.firstIndex(where: canStart) else { return nil }
    let origin = turns.remove(at: turn)
    guard let next = hosts[origin]?.waiting.removeFirst() else { return nil }
    waitingCount -= 1
    waitingBytes -= next.bytes
    activeCount += 1
    change(origin) { $0.activeCount += 1 }
    if hosts[origin]?.waiting.isEmpty == false { turns.append(origin) }
    return next.id
  }

  /// Ends a request that ran.
  ///
  /// - Parameters:
  ///   - origin: Where it ran.
  ///   - isMultiplexed: Whether its host serves several per connection, if that is known.
  mutating func finish(at origin: String, isMultiplexed: Bool?) {
    activeCount -= 1
    change(origin) { host in
      host.activeCount -= 1
      if let isMultiplexed { host.isMultiplexed = isMultiplexed }
    }
  }

  /// Ends a request that ran, of which a lookup is left.
  mutating func abandonLookup(at origin: String) {
    activeCount -= 1
    lookupCount += 1
    change(origin) { host in
      host.activeCount -= 1
      host.lookupCount += 1
    }
  }

  /// Ends a lookup that was left.
  mutating func finishLookup(at origin: String) {
    lookupCount -= 1
    change(origin) { $0.lookupCount -= 1 }
  }

  /// Takes a request out that waits; `false` when it does not.
  mutating func removeWaiting(_ id: UInt64, from origin: String) -> Bool {
    guard let position = hosts[origin]?.waiting.firstIndex(where: { $0.id == id }),
      let removed = hosts[origin]?.waiting.remove(at: position)
    else { return false }
    waitingCount -= 1
    waitingBytes -= removed.bytes
    if hosts[origin]?.waiting.isEmpty == true { turns.removeAll { $0 == origin } }
    change(origin) { _ in }
    return true
  }

  private func canStart(_ origin: String) -> Bool {
    let host = hosts[origin] ?? Host()
    guard lookupCount < configuration.maximumAbandonedLookupCount else { return false }
    if host.isMultiplexed, host.activeCount > 0 {
      return host.activeCount < configuration.maximumStreamsPerHost
    }
    return host.activeCount + host.lookupCount < configuration.maximumConnectionsPerHost
      && connectionCount < configuration.maximumConnectionCount
  }

  /// What can start at once takes no room in the queue.
  private func hasRoom(for bytes: Int, at origin: String) -> Bool {
    if hosts[origin]?.waiting.isEmpty ?? true, canStart(origin) { return true }
    return waitingCount < configuration.maximumWaitingCount
      && waitingBytes + bytes <= configuration.maximumWaitingBytes
  }

  private var oldest: (origin: String, waiting: Waiting)? {
    turns.compactMap { origin in hosts[origin]?.waiting.first.map { (origin, $0) } }
      .min { $0.1.id < $1.1.id }
  }

  /// Changes a host, keeps the count of connections right, and forgets it when it is idle.
  private mutating func change(_ origin: String, _ body: (inout Host) -> Void) {
    var host = hosts[origin] ?? Host()
    connectionCount -= host.connectionCount
    body(&host)
    connectionCount += host.connectionCount
    hosts[origin] = host.isIdle ? nil : host
  }
}
