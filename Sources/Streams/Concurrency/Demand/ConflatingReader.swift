// SPDX-License-Identifier: Apache-2.0

/// Hands out what a task of its own has folded since it was last asked.
final class ConflatingReader<Element: Sendable, Summary: Sendable>: StagedReader {
  private let room: ConflatingRoom<Element, Summary>
  /// The input, until the task has it.
  private var input: HandedOver<Element>?
  private var task: OwnedTask?
  private var builder = RunBuilder<Summary>()
  let clock: any EngineClock

  init(_ source: ConflatingSource<Element, Summary>) {
    room = ConflatingRoom(make: source.make, fold: source.fold)
    let reader = source.input.makeReader()
    clock = reader.clock
    input = HandedOver(reader)
  }

  /// Starts the task when it is first asked for something.
  private func start() {
    guard let handedOver = input.take() else { return }
    task = OwnedTask { [room] in
      let input = handedOver.reader
      do {
        while let batch = try await Self.next(of: input, telling: room) { room.fold(batch) }
        room.tell(input.plan)
        room.end(nil, at: input.quietEnd)
      } catch {
        room.end(error, at: .distantPast)
      }
    }
  }

  /// The next batch; tells what the input has counted before it waits.
  private static nonisolated(nonsending) func next(
    of input: any FlowReader<Element>,
    telling room: ConflatingRoom<Element, Summary>
  ) async throws -> Batch<Element>? {
    while true {
      try Task.checkCancellation()
      switch try input.poll(limit: FlowLimits.batch, until: .never) {
      case .batch(let batch): return batch
      case .wait(let write): try await write.write()
      case .end: return nil
      case .empty:
        room.tell(input.plan)
        try await input.wait(until: .never)
      }
    }
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Summary> {
    start()
    let now = clock.now
    let taken = room.take()
    var batch = Batch<Summary>()
    builder.move(to: now)
    if let summary = taken.summary { builder.append(summary, at: now) }
    builder.flush(into: &batch.items)
    for mark in taken.marks { batch.items.append(.mark(mark, appended: builder.newest)) }
    if !batch.items.isEmpty { return .batch(batch) }
    switch taken.ending {
    case .failed(let error): throw error
    case .ended: return .end
    case .open: break
    }
    guard deadline <= now else { return .empty }
    builder.move(past: deadline)
    return .batch(Batch(silentThrough: deadline))
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    start()
    return room.notify(wake)
  }

  var quietEnd: Timestamp { max(builder.newest, room.quietEnd) }

  var inputPlan: FlowPlan? { room.inputPlan }

  var stages: [StageStatistics] { room.stages }
}
