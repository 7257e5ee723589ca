// SPDX-License-Identifier: Apache-2.0
import Testing
import WeirTesting

@testable import Streams

/// One thing that happens to an operator.
enum Happening<Element: Sendable>: Sendable {
  case element(Element, at: Timestamp)
  case watermark(Timestamp, at: Timestamp)
}

/// An output and the instant at which it came out.
struct Stamped<Output> {
  let output: Output
  let now: Timestamp
}

extension Stamped: Equatable where Output: Equatable {}

/// Cuts an operator's life at any moment: written down, read back into a fresh copy and gone on
/// with, it gives the same as without the cut.
///
/// An element on which a closure throws is left out.
///
/// ```swift
/// CutTest(log, room: 2) { Delay<Int>(by: .milliseconds(3), queue: QueueLimit(9, overflow: .release)) }
///   .expectSameWhereverCut()
/// ```
struct CutTest<Chain: Operator> {
  let log: [Happening<Chain.Input>]
  let room: Int
  let isEnded: Bool
  let make: () -> Chain

  /// Makes a test of the operator that `make` makes, over a log in the order of time.
  init(
    _ log: [Happening<Chain.Input>],
    room: Int = 2,
    isEnded: Bool = true,
    _ make: @escaping () -> Chain
  ) {
    self.log = log
    self.room = room
    self.isEnded = isEnded
    self.make = make
  }

  /// What comes out without a cut.
  func outputs() -> [Stamped<Chain.Output>] {
    var run = CutRun(chain: make(), room: room, cut: nil, make: make)
    run.work(log, isEnded: isEnded)
    return run.outputs
  }

  /// Cuts at each moment in turn, at most `limit` of them, and compares what comes out.
  func expectSameWhereverCut(
    limit: Int = 100,
    sourceLocation: SourceLocation = #_sourceLocation
  ) where Chain.Output: Equatable {
    var whole = CutRun(chain: make(), room: room, cut: nil, make: make)
    whole.work(log, isEnded: isEnded)
    let step = max(1, whole.moments / limit)
    for cut in stride(from: 0, to: whole.moments, by: step) {
      var run = CutRun(chain: make(), room: room, cut: cut, make: make)
      run.work(log, isEnded: isEnded)
      #expect(run.error == nil, "cut at moment \(cut)", sourceLocation: sourceLocation)
      let isSame = run.outputs == whole.outputs
      #expect(isSame, "cut at moment \(cut)", sourceLocation: sourceLocation)
      if cut % 8 == 0 { expectDamageIsRefused(run.bytes, sourceLocation) }
      // Every second one, since it takes as long again.
      guard cut / step % 2 == 0 else { continue }
      var stored = CutRun(chain: make(), room: room, cut: cut, disk: StateDisk(cut), make: make)
      stored.work(log, isEnded: isEnded)
      #expect(stored.error == nil, "stored, cut at moment \(cut)", sourceLocation: sourceLocation)
      let isStored = stored.outputs == whole.outputs
      #expect(isStored, "stored, cut at moment \(cut)", sourceLocation: sourceLocation)
    }
  }

  /// Bytes that end early are refused, and bytes that were changed do no harm.
  private func expectDamageIsRefused(_ bytes: [UInt8], _ sourceLocation: SourceLocation) {
    guard !bytes.isEmpty else { return }
    var random = SeededGenerator(bytes.count)
    let end = Int.random(in: 0..<bytes.count, using: &random)
    #expect(throws: StateError.self, sourceLocation: sourceLocation) {
      var decoder = StateDecoder(Array(bytes[..<end]))
      var chain = make()
      try chain.restore(from: &decoder)
    }
    var changed = bytes
    changed[end] ^= UInt8.random(in: 1...255, using: &random)
    var run = CutRun(chain: make(), room: room, cut: nil, make: make)
    var decoder = StateDecoder(changed)
    if (try? run.chain.restore(from: &decoder)) != nil { run.work(log, isEnded: isEnded) }
  }
}

/// An operator at work as a driver would drive it, cut at one of its moments.
private struct CutRun<Chain: Operator> {
  var chain: Chain
  let room: Int
  let cut: Int?
  /// Where the state is stored now and then, by its changes, and read from at the cut.
  var disk: StateDisk?
  let make: () -> Chain
  var outputs: [Stamped<Chain.Output>] = []
  /// The moments so far: before each call.
  var moments = 0
  var bytes: [UInt8] = []
  var error: StateError?

  mutating func work(_ log: [Happening<Chain.Input>], isEnded: Bool) {
    var now = Timestamp.distantPast
    for happening in log {
      switch happening {
      case .element(let element, let instant):
        fire(before: instant)
        now = max(now, instant)
        call(at: now) { chain, emit in chain.receive(element, at: now, emit) }
      case .watermark(let watermark, let instant):
        fire(before: instant)
        now = max(now, instant)
        guard watermark >= chain.nextWatermark else { continue }
        call(at: now) { chain, emit in chain.advance(to: watermark, at: now, emit) }
      }
    }
    guard isEnded else { return }
    call(at: now) { chain, emit in chain.advance(to: .never, at: now, emit) }
    call(at: now) { chain, emit in chain.finish(at: now, emit) }
  }

  private mutating func fire(before instant: Timestamp) {
    while chain.deadline < instant {
      let due = chain.deadline
      call(at: due) { chain, emit in chain.fire(at: due, emit) }
    }
  }

  private mutating func call(
    at now: Timestamp,
    _ body: (inout Chain, (Chain.Output) -> Void) -> Void
  ) {
    cutIfDue()
    body(&chain) { outputs.append(Stamped(output: $0, now: now)) }
    chain.takeFailures { _ in }
    while Chain.holds, chain.isPending {
      cutIfDue()
      chain.resume(at: now, room: room) { outputs.append(Stamped(output: $0, now: now)) }
      chain.takeFailures { _ in }
    }
  }

  private mutating func cutIfDue() {
    defer { moments += 1 }
    do throws(StateError) {
      if var disk {
        try disk.storeIfDue(&chain, isCut: moments == cut)
        self.disk = disk
      }
      guard moments == cut else { return }
      var encoder = StateEncoder()
      var former = chain
      try former.encode(into: &encoder)
      bytes = encoder.bytes
      var decoder = try disk?.read() ?? StateDecoder(bytes)
      var copy = make()
      try copy.restore(from: &decoder)
      guard decoder.remaining == 0 else { throw .malformed(at: decoder.index, expected: "the end") }
      chain = copy
    } catch {
      self.error = error
    }
  }
}

/// Stores the state of an operator as a pipeline does: what has changed, tables by entry.
///
/// However small they are. Now and then that fails.
private struct StateDisk {
  private var image = StateImage()
  private var parts: [[UInt8]: [UInt8]] = [:]
  private var random: SeededGenerator

  init(_ seed: Int) { random = SeededGenerator(seed) }

  mutating func storeIfDue(
    _ chain: inout some Operator,
    isCut: Bool
  ) throws(StateError) {
    guard isCut || Int.random(in: 0..<3, using: &random) == 0 else { return }
    // Of a table one or a few entries at a time, or all of them.
    let bytes = [9_000, 20, 1 << 20].randomElement(using: &random) ?? 0
    let changed = Int.random(in: 0..<2, using: &random) == 0 ? 10 : 1 << 20
    repeat {
      var encoder = image.makeEncoder(
        leastTableKeys: 1,
        commitBytes: max(bytes, 8 << 10),
        changeBytes: changed
      )
      try chain.encode(into: &encoder)
      for commit in try image.prepare(encoder, changeBytes: changed) {
        guard isCut || Int.random(in: 0..<4, using: &random) > 0 else { return }
        for change in commit { parts[change.key] = change.value }
      }
      image.settle()
    } while image.isAhead
    // A restart in between, of the image alone.
    if Int.random(in: 0..<4, using: &random) == 0 { image = try StateImage(stored) }
  }

  private var stored: [StatePart] {
    parts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { StatePart($0.key, $0.value) }
  }

  func read() throws(StateError) -> StateDecoder {
    let image = try StateImage(stored)
    return image.decoder(of: stored) ?? StateDecoder([])
  }
}
