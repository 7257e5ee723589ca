// SPDX-License-Identifier: Apache-2.0

/// Runs the flow of one partition over its rounds, in a task of its own.
struct PartitionWorker<Input: Sendable, Output: Sendable>: Sendable {
  let lane: PartitionLane<Input, Output>
  let slot: PartitionSlot<Input>
  let flow: any FlowSource<Output>

  /// Works until the last round is done, or the task is cancelled.
  func work() async {
    slot.claim()
    do {
      let reader = flow.makeReader()
      var isEnded = false
      var isLast = false
      while !isLast {
        let round = try await lane.nextRound()
        isLast = round.isLast
        slot.load(round)
        if !isEnded { isEnded = try await run(round, reader) }
        if isLast { lane.end(at: reader.quietEnd) }
        slot.rest()
        let deadline = isEnded ? .never : reader.wakeTime
        lane.endRound(deadline: deadline, stages: reader.stages)
      }
    } catch {
      lane.fail(error)
    }
  }

  /// Says all that a round leads to; answers whether the flow has ended.
  private func run(
    _ round: PartitionRound<Input>,
    _ reader: any FlowReader<Output>
  ) async throws -> Bool {
    let border = round.isOpen || round.isLast ? Timestamp.never : round.silentThrough
    while true {
      try Task.checkCancellation()
      let room = try await lane.room()
      switch try reader.poll(limit: room, until: border) {
      case .batch(let batch):
        lane.say(batch.items)
        if let instant = batch.silentThrough, instant >= border { return false }
      case .wait(let write): try await write.write()
      case .empty:
        if round.isOpen, slot.isEmpty, !reader.isWorking { return false }
        lane.pause(slot.isPaused)
        try await reader.wait(until: border)
        lane.pause(false)
      case .end:
        lane.say([.mark(.watermark(.never), appended: reader.endInstant ?? .distantPast)])
        return true
      }
    }
  }
}
