// SPDX-License-Identifier: Apache-2.0

/// Hands out what a task of its own has read ahead.
final class BufferingReader<Element: Sendable>: StagedReader {
  private let room: BufferRoom<Element>
  /// The input, until the task has it.
  private var input: HandedOver<Element>?
  private var task: OwnedTask?
  let clock: any EngineClock

  init(_ source: BufferingSource<Element>) {
    room = BufferRoom(source.limits)
    let reader = source.input.makeReader()
    clock = reader.clock
    input = HandedOver(reader)
  }

  /// Starts the task when it is first asked for something.
  private func start() {
    guard let handedOver = input.take() else { return }
    task = OwnedTask { [room] in
      let input = ReadAhead(handedOver.reader, room)
      defer { room.tell(input.reader.plan) }
      do {
        try await input.run()
        room.end(nil, at: input.reader.quietEnd)
      } catch {
        room.end(error, at: .distantPast)
      }
    }
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    start()
    return try room.take(limit, until: deadline)
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    start()
    return room.notify(wake)
  }

  /// The task asks for it, and tells.
  var promisesSilence: Bool { false }

  func pause() {
    room.pause()
  }

  var quietEnd: Timestamp { room.quietEnd }
  var inputPlan: FlowPlan? { room.inputPlan }
  var stages: [StageStatistics] { room.stages }
}

/// Reads an input into the room of a buffer; also a reader itself, to wait for the input or for the
/// consumer, whichever has news first.
private final class ReadAhead<Element: Sendable>: FlowReader {
  let reader: any FlowReader<Element>
  private let room: BufferRoom<Element>
  /// What was read and has no room yet.
  private var rest = Batch<Element>()
  /// The wish that was last followed: only another one is worth being woken for.
  private var wish: BufferRoom<Element>.Wish

  init(_ reader: any FlowReader<Element>, _ room: BufferRoom<Element>) {
    self.reader = reader
    self.room = room
    wish = room.wish
  }

  nonisolated(nonsending) func run() async throws {
    while true {
      try Task.checkCancellation()
      wish = room.wish
      guard wish.limit > 0 else {
        room.tell(reader.plan)
        if wish.isPaused { reader.pause() }
        try await room.waitForWish(other: wish)
        continue
      }
      if !rest.isEmpty {
        try room.put(&rest)
        continue
      }
      switch try poll(limit: wish.limit, until: wish.deadline) {
      case .batch(let batch):
        rest = batch
        try room.put(&rest)
      case .wait(let write): try await write.write()
      case .empty:
        room.tell(reader.plan)
        try await wait(until: wish.deadline)
      case .end: return
      }
    }
  }

  var clock: any EngineClock { reader.clock }
  var wakeTime: Timestamp { reader.wakeTime }
  var promisesSilence: Bool { reader.promisesSilence }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    try reader.poll(limit: limit, until: deadline)
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    .any(wake, of: [{ [room, wish] in room.notify(otherThan: wish, $0) }, reader.notify])
  }
}
