// SPDX-License-Identifier: Apache-2.0

/// What a circuit breaker decides; no lock, task or clock.
struct CircuitState: Sendable {
  /// A call that was let through.
  struct Pass: Sendable {
    /// How often the circuit had opened or closed when it was.
    let generation: UInt64
  }

  private enum Phase {
    case closed(failures: Int)
    case open(until: Timestamp)
    case halfOpen(isProbing: Bool)
  }

  let limit: Int
  let cooldown: Duration
  private var phase = Phase.closed(failures: 0)
  private var generation: UInt64 = 0
  private(set) var counters = CircuitBreaker.Statistics()

  init(limit: Int, cooldown: Duration) {
    self.limit = limit
    self.cooldown = cooldown
  }

  /// Where it stands at `now`.
  func position(at now: Timestamp) -> CircuitBreaker.Position {
    switch phase {
    case .closed: .closed
    case .open(let instant): now < instant ? .open(until: instant) : .halfOpen
    case .halfOpen: .halfOpen
    }
  }

  /// Lets a call through, or refuses it.
  mutating func enter(at now: Timestamp) throws(CircuitOpen) -> Pass {
    if case .open(let instant) = phase, instant <= now { phase = .halfOpen(isProbing: false) }
    switch phase {
    case .closed: break
    case .halfOpen(isProbing: false): phase = .halfOpen(isProbing: true)
    case .halfOpen(isProbing: true):
      counters.refused += 1
      throw CircuitOpen(until: nil)
    case .open(let instant):
      counters.refused += 1
      throw CircuitOpen(until: instant)
    }
    counters.calls += 1
    return Pass(generation: generation)
  }

  /// Takes what a call came to; one that began before the circuit last opened or closed says nothing
  /// about it.
  mutating func leave(_ pass: Pass, hasFailed: Bool, at now: Timestamp) {
    if hasFailed { counters.failed += 1 }
    guard pass.generation == generation else { return }
    switch (phase, hasFailed) {
    case (.closed(let failures), true) where failures + 1 < limit:
      phase = .closed(failures: failures + 1)
    case (.closed, false): phase = .closed(failures: 0)
    case (.closed, true), (.halfOpen, true): open(at: now)
    case (.halfOpen, false):
      generation += 1
      phase = .closed(failures: 0)
    case (.open, _): break
    }
  }

  /// Takes back a call that was cancelled: it says nothing about the other side.
  mutating func withdraw(_ pass: Pass) {
    guard pass.generation == generation, case .halfOpen = phase else { return }
    phase = .halfOpen(isProbing: false)
  }

  private mutating func open(at now: Timestamp) {
    generation += 1
    counters.openings += 1
    phase = .open(until: now + cooldown)
  }
}
