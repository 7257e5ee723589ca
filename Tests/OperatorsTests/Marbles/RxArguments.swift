// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

/// Why a test of the vectors can't be said with our operators.
struct RxUnmapped: Error {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}

/// What an operator of the vectors is called with.
struct RxArguments: Sendable {
  let scene: RxScene
  let terms: [RxTerm]

  /// A number; fails where there is none.
  func number(_ index: Int) throws -> Int {
    guard let number = optional(index)?.number else { throw RxUnmapped("no number") }
    return Int(number)
  }

  func milliseconds(_ index: Int) throws -> Duration { .milliseconds(try number(index)) }

  /// An argument that is given.
  func optional(_ index: Int) -> RxTerm? {
    index < terms.count ? terms[index].value : nil
  }

  /// A field of an object among the arguments.
  func option(_ name: String) -> RxTerm? {
    terms.lazy.compactMap { $0["v"]?[name]?.value }.first
  }

  /// The streams among the arguments.
  func flows() throws -> [RxFlow] {
    try terms.filter { ["ref", "pipe", "call"].contains($0.kind) }.map { try scene.flow($0) }
  }

  /// The function among the arguments, which is given by its table.
  func function(_ index: Int = 0) throws -> RxFunction {
    guard let term = optional(index), term.kind == "fn" else { throw RxUnmapped("no function") }
    return RxFunction(term)
  }

  /// The time after which a stream that says how long to wait says so, if that is the same for each
  /// element; forever if it never does.
  ///
  /// - Parameter endCounts: Whether its end says so too.
  func constantDuration(endCounts: Bool = false) throws -> Duration {
    let waits = Set(try function().rows.map { try wait(for: $0.result, endCounts) })
    // Where nothing ever comes, no duration is asked for.
    guard let wait = waits.first else { return .milliseconds(1) }
    guard waits.count == 1, wait > 0 else { throw RxUnmapped(RxDifferences.durationStream) }
    return .milliseconds(wait)
  }

  private func wait(for stream: RxTerm, _ endCounts: Bool) throws -> Int {
    let timeline: RxTimeline
    switch (stream.kind, stream["id"]?.number) {
    case ("ref", let id?) where scene.test.sources[Int(id)].kind == "cold":
      timeline = scene.test.sources[Int(id)].timeline
    case ("call", _):
      timeline = try scene.creation(stream)
    default: throw RxUnmapped(RxDifferences.durationStream)
    }
    if timeline.ending == .failure { throw RxUnmapped(RxDifferences.durationStream) }
    let end = endCounts && timeline.ending != nil ? timeline.end : 1_000_000
    return timeline.elements.first?.at ?? end
  }
}

/// A function of the vectors.
final class RxFunction: Sendable {
  struct Row: Sendable {
    let value: RxTerm
    let result: RxTerm
  }

  let rows: [Row]
  private let calls = Mutex(0)

  init(_ term: RxTerm) {
    rows = (term["table"]?.list ?? []).compactMap { row in
      guard let row = row.list, row.count == 3 else { return nil }
      return Row(value: row[0], result: row[2])
    }
  }

  /// The result of the next call; the table tells them in order, and by value where that is not
  /// the one.
  func callAsFunction(_ value: RxTerm) -> RxTerm {
    let call = calls.withLock { calls in
      defer { calls += 1 }
      return calls
    }
    if call < rows.count, rows[call].value == value { return rows[call].result }
    return rows.first { $0.value == value }?.result ?? .null
  }

  /// The same, for a function that may throw.
  func throwing(_ value: RxTerm) throws -> RxTerm {
    let result = self(value)
    if result.kind == "throw" { throw RxFailure() }
    return result
  }
}
