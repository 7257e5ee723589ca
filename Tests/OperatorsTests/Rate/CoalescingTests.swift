// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What debounce, audit, sample and conflate have in common.
@Suite struct CoalescingTests {
  /// The operators, each with what the definitions say of it.
  enum Kind: CaseIterable {
    case debounce, debounceWithLimit, audit, sample, conflate

    func apply(
      to flow: Flow<Identity<Int>>,
      keyCount: Int = 3,
      keys limit: KeyLimit = .standard
    ) -> any Operator<Int, Int> {
      let key: @Sendable (Int) -> Int = { $0 % keyCount }
      return switch self {
      case .debounce: flow.debounce(for: .milliseconds(3), by: key, keys: limit).chain
      case .debounceWithLimit:
        flow.debounce(for: .milliseconds(3), maxWait: .milliseconds(7), by: key, keys: limit).chain
      case .audit: flow.audit(for: .milliseconds(4), by: key, keys: limit).chain
      case .sample:
        flow.sample(every: .milliseconds(5), offset: .milliseconds(-3), by: key, keys: limit).chain
      case .conflate:
        flow.conflate(within: .milliseconds(4), by: key, keys: limit) { $0 += $1 * keyCount }.chain
      }
    }

    func oracle(keyCount: Int = 3, keyLimit: Int = .max) -> HoldOracle {
      HoldOracle(
        keyCount: keyCount,
        keyLimit: keyLimit,
        due: { first, now in
          switch self {
          case .debounce: now + 3
          case .debounceWithLimit: min(now + 3, first + 7)
          case .audit, .conflate: first + 4
          case .sample: (now...now + 5).first { ($0 + 3) % 5 == 0 } ?? now
          }
        },
        combine: { self == .conflate ? $0 + $1 * keyCount : $1 }
      )
    }
  }

  private let flow = Topic<Int>("t").flow()

  @Test(arguments: Kind.allCases, [1, 3, 20])
  func `random streams give what the definitions say`(kind: Kind, keyCount: Int) {
    for seed in 0..<60 {
      let log = RateLog(seed)
      let found = log.marbles.through(kind.apply(to: flow, keyCount: keyCount))
      let expected = kind.oracle(keyCount: keyCount).outputs(of: log.steps)
      #expect(found.steps == expected, "seed \(seed)")
    }
  }

  @Test(arguments: Kind.allCases, [1, 4])
  func `beyond the limit of keys the one that is due first gives way`(kind: Kind, limit: Int) {
    for seed in 0..<60 {
      let log = RateLog(seed, busy: 4)
      let chain = kind.apply(to: flow, keyCount: 12, keys: KeyLimit(limit))
      let expected = kind.oracle(keyCount: 12, keyLimit: limit).outputs(of: log.steps)
      #expect(log.marbles.through(chain).steps == expected, "seed \(seed)")
    }
  }

  @Test(arguments: Kind.allCases)
  func `elements of keys for which there is no room are refused and counted`(kind: Kind) {
    func check(_ operation: some Operator<Int, Int>) {
      var operation = operation
      for value in [1, 2, 0, 4, 0] {
        operation.receive(value, at: 0) { _ in Issue.record("early") }
      }
      let stage = operation.stages[0]
      #expect(stage["refused"] == 2 && stage["conflated"] == 1 && stage["keys"] == 2)
    }
    check(kind.apply(to: flow, keys: KeyLimit(2, overflow: .refuse)))
  }

  @Test(arguments: Kind.allCases)
  func `what goes in comes out, or is counted`(kind: Kind) {
    func check(_ operation: some Operator<Int, Int>, _ seed: Int) {
      var operation = operation
      let log = RateLog(seed, busy: 5)
      var (given, received) = (0, 0)
      for (step, values) in log.steps.enumerated() {
        let now = Timestamp(milliseconds: Int64(step))
        while operation.deadline < now {
          operation.fire(at: operation.deadline) { _ in given += 1 }
          while operation.isPending { operation.resume(at: now, room: 1) { _ in given += 1 } }
        }
        for value in values {
          operation.receive(value, at: now) { _ in given += 1 }
          received += 1
        }
        let stage = operation.stages[0]
        let told = Int(stage["conflated"] + stage["refused"] + stage["keys"])
        #expect(received == given + told, "seed \(seed), step \(step)")
      }
    }
    for seed in 0..<6 {
      check(kind.apply(to: flow, keyCount: 9, keys: KeyLimit(3)), seed)
      check(kind.apply(to: flow, keyCount: 9, keys: KeyLimit(3, overflow: .refuse)), seed)
    }
  }

  @Test(arguments: Kind.allCases, [2, 100])
  func `a cut anywhere changes nothing`(kind: Kind, limit: Int) {
    func check<Chain: Operator<Int, Int>>(_ chain: Chain, _ seed: Int) {
      CutTest(RateLog(seed).happenings, room: 1 + seed % 3) { chain }.expectSameWhereverCut()
    }
    for seed in 0..<4 { check(kind.apply(to: flow, keys: KeyLimit(limit)), seed) }
  }

  @Test(arguments: Kind.allCases, [2, 100])
  func `batches and rooms change nothing`(kind: Kind, limit: Int) async throws {
    func check(_ chain: some Operator<Int, Int>, _ seed: Int) async throws {
      let readings = try await RateLog(seed).readings(chain)
      for reading in readings { #expect(reading == readings[0], "seed \(seed)") }
    }
    for seed in 0..<6 {
      try await check(kind.apply(to: flow, keyCount: 5, keys: KeyLimit(limit)), seed)
    }
  }

  @Test(arguments: Kind.allCases)
  func `keys beyond a limit that was lowered give way at once`(kind: Kind) throws {
    func check<Chain: Operator<Int, Int>>(_ chain: Chain, _ other: some Operator<Int, Int>) throws {
      var (large, small) = (chain, other)
      for value in 0..<9 { large.receive(value, at: 0) { _ in } }
      var encoder = StateEncoder()
      try large.encode(into: &encoder)
      var decoder = StateDecoder(encoder.bytes)
      try small.restore(from: &decoder)
      var given: [Int] = []
      while small.isPending { small.resume(at: 0, room: 1) { given.append($0) } }
      #expect(given == [0, 1, 2, 3, 4] && small.stages[0]["keys"] == 4)
    }
    try check(
      kind.apply(to: flow, keyCount: 9),
      kind.apply(to: flow, keyCount: 9, keys: KeyLimit(4))
    )
  }

  @Test(arguments: Kind.allCases)
  func `another operator's state is refused`(kind: Kind) throws {
    func encode(_ operation: some Operator) throws -> [UInt8] {
      var (operation, encoder) = (operation, StateEncoder())
      try operation.encode(into: &encoder)
      return encoder.bytes
    }
    var decoder = StateDecoder(
      try encode(Delay<Int>(by: .zero, queue: QueueLimit(1, overflow: .release)))
    )
    var chain = kind.apply(to: flow)
    #expect(throws: StateError.self) { try chain.restore(from: &decoder) }
  }
}
