// SPDX-License-Identifier: Apache-2.0

/// One iteration over a sequence: a task of its own pulls it, as long as there is room.
final class SequenceReader<Element: Sendable>: StagedReader {
  /// Iterates over a new sequence and puts its elements into the buffer.
  typealias Pump = @Sendable (SequenceBuffer<Element>) async throws -> Void

  private let name: String
  private let buffer: SequenceBuffer<Element>
  private let batching: Int
  private let pump: Pump
  private var task: OwnedTask?
  private var builder = RunBuilder<Element>()
  private var hasToldEnd = false

  init(_ name: String, _ buffer: SequenceBuffer<Element>, batching: Int, _ pump: @escaping Pump) {
    self.name = name
    self.buffer = buffer
    self.batching = batching
    self.pump = pump
  }

  var clock: any EngineClock { buffer.clock }
  var quietEnd: Timestamp { buffer.quietEnd }

  /// Starts the task when it is first asked for something.
  private func start() {
    guard task == nil else { return }
    task = OwnedTask { [buffer, pump] in
      do {
        try await pump(buffer)
        buffer.end(nil)
      } catch {
        buffer.end(error)
      }
    }
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    start()
    switch buffer.take(limit: min(limit, batching), until: deadline) {
    case .elements(let elements, let runs): return .batch(batch(elements, runs))
    case .promise: return .batch(Batch(silentThrough: deadline))
    case .nothing: return .empty
    case .failure(let error): throw error
    case .end:
      guard deadline <= quietEnd, !hasToldEnd else { return .end }
      hasToldEnd = true
      return .batch(Batch(silentThrough: quietEnd))
    }
  }

  private func batch(
    _ elements: [Element],
    _ runs: [(end: Int, appended: Timestamp)]
  ) -> Batch<Element> {
    var batch = Batch<Element>()
    var start = 0
    for (end, appended) in runs {
      for element in elements[start..<end] { builder.append(element, at: appended) }
      start = end
    }
    builder.flush(into: &batch.items)
    return batch
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    start()
    return buffer.notify(wake)
  }

  var inputPlan: FlowPlan? { nil }

  var stages: [StageStatistics] {
    let counters = buffer.counters
    let stage = StageStatistics(
      name,
      [
        "in": counters.received, "out": counters.handedOver,
        "buffered": counters.received - counters.handedOver, "heldBack": counters.holdBacks,
      ],
      passage: .exactly(counters.handedOver)
    )
    return [stage]
  }
}
