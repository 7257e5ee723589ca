// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Testing

@testable import Transport

@Suite struct SignalWatcherTests {
  // A signal is only ever sent to one thread that blocks it, never to the whole test process.

  @Test func `a signal to a thread that watches is read, not fatal`() throws {
    let received = Mutex<[CInt?]>([])
    try onThread {
      let watcher = try SignalWatcher()
      let before = watcher.next()
      pthread_kill(pthread_self(), SIGTERM)
      let after = [watcher.next(), watcher.next()]
      received.withLock { $0 = [before] + after }
    }
    #expect(received.withLock { $0 } == [nil, SIGTERM, nil])
  }

  @Test func `the callback gets each signal until the watcher is stopped`() async throws {
    let watched = try Mutex(onThreadReturning { try startedWatcher() })
    let (watcher, signals) = watched.withLock { $0 }
    watcher.thread.withLock { $0 }?.signal(SIGUSR2)
    var iterator = signals.makeAsyncIterator()
    #expect(await iterator.next() == SIGUSR2)
    watcher.stop()
    #expect(throws: Never.self) { watcher.stop() }
  }

  private func startedWatcher() throws -> (SignalWatcher, AsyncStream<CInt>) {
    let watcher = try SignalWatcher(signals: [SIGUSR2])
    let (signals, continuation) = AsyncStream.makeStream(of: CInt.self)
    try watcher.watch { continuation.yield($0) }
    return (watcher, signals)
  }

  /// Runs a body on a thread of its own, so that no other test inherits its blocked signals.
  private func onThread(_ body: @escaping @Sendable () throws -> Void) throws {
    try onThreadReturning(body)
  }

  @discardableResult
  private func onThreadReturning<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) throws -> Value {
    let slot = Slot<Value>()
    try SystemThread(named: "test") { slot.result.withLock { $0 = Result { try body() } } }.join()
    return try #require(try slot.result.withLock { $0 }?.get())
  }

  private final class Slot<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }
}
