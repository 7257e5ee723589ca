// SPDX-License-Identifier: Apache-2.0

/// The summary between the task that reads and the reader that is asked.
final class ConflatingRoom<Element: Sendable, Summary: Sendable>: Sendable {
  /// How the input came to its end.
  enum Ending: Sendable {
    case open
    case ended
    case failed(any Error)
  }

  /// What was folded since the last time.
  struct Taken: Sendable {
    var summary: Summary?
    var marks: [Mark] = []
    var ending = Ending.open
  }

  private struct State {
    var summary: Summary?
    var watermark: Timestamp?
    var isEndOfInput = false
    var ending = Ending.open
    var quietEnd = Timestamp.distantPast
    var consumers = Wakers()
    var inputPlan: FlowPlan?
    var received: UInt64 = 0
    var conflated: UInt64 = 0
    var out: UInt64 = 0

    var isEmpty: Bool {
      guard case .open = ending else { return false }
      return summary == nil && watermark == nil && !isEndOfInput
    }
  }

  private let state = Guarded(State())
  private let make: @Sendable (Element) -> Summary
  private let fold: @Sendable (inout Summary, Element) -> Void

  init(
    make: @escaping @Sendable (Element) -> Summary,
    fold: @escaping @Sendable (inout Summary, Element) -> Void
  ) {
    self.make = make
    self.fold = fold
  }

  var quietEnd: Timestamp { state.withLock { $0.quietEnd } }

  var stages: [StageStatistics] {
    state.withLock { state in
      let stage = StageStatistics(
        "conflate",
        [
          "in": state.received, "out": state.out, "conflated": state.conflated,
          "buffered": state.summary == nil ? 0 : 1,
        ],
        passage: .exactly(state.out)
      )
      return (state.inputPlan?.stages ?? []) + [stage]
    }
  }

  var inputPlan: FlowPlan? { state.withLock { $0.inputPlan } }

  /// Takes in what was read.
  func fold(_ batch: Batch<Element>) {
    let wakers = state.withLock { state in
      for item in batch.items {
        switch item {
        case .run(let run): take(run, into: &state)
        case .mark(.watermark(let instant), _): state.watermark = instant
        case .mark(.endOfInput, _): state.isEndOfInput = true
        case .gap: break
        }
      }
      return state.isEmpty ? [] : state.consumers.takeAll()
    }
    for wake in wakers { wake() }
  }

  private func take(_ run: Run<Element>, into state: inout State) {
    state.isEndOfInput = false
    for element in run {
      state.received += 1
      if state.summary == nil {
        state.summary = make(element)
      } else if var summary = state.summary.take() {
        fold(&summary, element)
        state.summary = summary
        state.conflated += 1
      }
    }
  }

  /// Says what the input consists of, with what it has counted.
  func tell(_ plan: FlowPlan?) {
    state.withLock { $0.inputPlan = plan }
  }

  /// Says that nothing more comes.
  func end(_ error: (any Error)?, at instant: Timestamp) {
    let wakers = state.withLock { state in
      state.ending = error.map { .failed($0) } ?? .ended
      state.quietEnd = instant
      return state.consumers.takeAll()
    }
    for wake in wakers { wake() }
  }

  /// Hands out what was folded.
  func take() -> Taken {
    state.withLock { state in
      var taken = Taken(summary: state.summary.take(), ending: state.ending)
      if taken.summary != nil { state.out += 1 }
      if let instant = state.watermark.take() { taken.marks.append(.watermark(instant)) }
      if state.isEndOfInput { taken.marks.append(.endOfInput) }
      state.isEndOfInput = false
      if taken.summary == nil, taken.marks.isEmpty, case .failed = state.ending {
        state.ending = .ended
      }
      return taken
    }
  }

  /// Asks to be told when there is something; `nil` when there is.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let id: UInt64? = state.withLock { $0.isEmpty ? $0.consumers.add(wake) : nil }
    guard let id else { return nil }
    return WakeRequest { [weak self] in self?.state.withLock { $0.consumers.remove(id) } }
  }
}
