// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Transport

/// A loop with nothing on it but the actors of the benchmark.
struct LoopThread {
  let loop: EventLoop

  init(_ name: String) throws {
    loop = try EventLoop(name: name)
    try loop.start()
  }

  func end() {
    loop.stop()
    loop.join()
  }
}

/// Where a hop ends, on a loop.
actor Counter {
  private let loop: EventLoop
  private var count = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ loop: EventLoop) {
    self.loop = loop
  }

  @inline(never)
  func add() {
    count &+= 1
  }

  /// Reads what was counted: what nobody reads, and the hop to it, is left out by the compiler.
  func expect(_ times: Int) {
    precondition(count >= times, "every hop arrived")
  }

  @inline(never)
  func add(_ readings: [Reading]) {
    for reading in readings where reading.isLoud { count &+= Int(reading.score) }
  }
}

/// Where a hop ends, in the default pool.
actor PoolCounter {
  private var count = 0

  @inline(never)
  func add() {
    count &+= 1
  }

  func expect(_ times: Int) {
    precondition(count >= times, "every hop arrived")
  }
}

/// Where all hops start, on a loop.
///
/// What it counts itself between two hops makes it come back for each: the compiler leaves out a
/// way back to where nothing is done.
actor Hopper {
  private let loop: EventLoop
  private var sent = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ loop: EventLoop) {
    self.loop = loop
  }

  func assume(_ counter: Counter, times: Int) {
    for _ in 0..<times {
      counter.assumeIsolated { $0.add() }
      send()
    }
    counter.assumeIsolated { [sent] in $0.expect(min(times, sent)) }
  }

  func hop(to counter: Counter, times: Int) async {
    for _ in 0..<times {
      await counter.add()
      send()
    }
    await counter.expect(min(times, sent))
  }

  func hop(to counter: PoolCounter, times: Int) async {
    for _ in 0..<times {
      await counter.add()
      send()
    }
    await counter.expect(min(times, sent))
  }

  func hop(with readings: [Reading], to counter: Counter, times: Int) async {
    for _ in 0..<times {
      await counter.add(readings)
      send()
    }
    await counter.expect(min(times, sent))
  }

  /// A task for each event, as a callback without an actor of its own would start them.
  func spawn(to counter: Counter, times: Int) async {
    for _ in 0..<times {
      await Task { await counter.add() }.value
      send()
    }
    await counter.expect(min(times, sent))
  }

  @inline(never)
  private func send() {
    sent &+= 1
  }
}
