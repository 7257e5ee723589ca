// SPDX-License-Identifier: Apache-2.0

/// Divides an input among partitions that work in tasks of their own, and merges what they say.
final class PartitionedReader<Input: Sendable, Output: Sendable>: StagedReader {
  private let lanes: [PartitionLane<Input, Output>]
  private var tasks: [OwnedTask] = []
  private let startTasks: () -> [OwnedTask]
  private var input: InnerInput<Input>
  private var divider: PartitionDivider<Input>
  private var merger: PartitionMerger<Output>
  /// Until when each round that is under way promises silence, oldest first.
  private var underWay: [Timestamp] = []
  /// Nothing comes of the partitions at or before this instant.
  private var silentThrough = Timestamp.distantPast
  private var sentThrough = Timestamp.distantPast
  private var hasSentLast = false
  private var blocked: SideWrite?
  /// What the input threw: told behind what came before it.
  private var failure: (any Error)?
  let clock: any EngineClock

  init(_ source: PartitionedSource<Input, Output>) {
    input = InnerInput(source.input)
    let clock = input.reader.clock
    self.clock = clock
    let lanes = (0..<source.count).map { _ in PartitionLane<Input, Output>() }
    self.lanes = lanes
    divider = PartitionDivider(count: source.count, source.partition)
    merger = PartitionMerger(count: source.count)
    startTasks = {
      lanes.map { lane in
        let slot = PartitionSlot<Input>()
        let flow = source.build(PartitionInput(name: source.name, clock: clock, slot: slot))
        let worker = PartitionWorker(lane: lane, slot: slot, flow: flow)
        return OwnedTask { await worker.work() }
      }
    }
  }

  var quietEnd: Timestamp { lanes.map(\.quietEnd).max() ?? .distantPast }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Output> {
    if tasks.isEmpty { tasks = startTasks() }
    var batch = Batch<Output>()
    repeat {
      try divide(until: deadline)
    } while try merge(limit, into: &batch)
    if !batch.items.isEmpty { return .batch(batch) }
    if let write = blocked.take() { return .wait(write) }
    guard underWay.isEmpty else {
      letPublishersGoOn()
      return .empty
    }
    if let failure { throw failure }
    if hasSentLast { return .end }
    return silentThrough >= deadline ? .batch(Batch(silentThrough: deadline)) : .empty
  }

  // MARK: Dividing

  private var maySend: Bool {
    underWay.count < PartitionLimits.rounds && !hasSentLast && failure == nil
  }

  /// Sends rounds as long as there is something to send and room for it.
  private func divide(until deadline: Timestamp) throws(CancellationError) {
    while maySend, blocked == nil {
      let wanted = min(deadline > sentThrough ? deadline : .never, nextDeadline)
      do {
        blocked = try input.read(limit: FlowLimits.batch, until: wanted)
      } catch let error as CancellationError {
        throw error
      } catch {
        failure = error
        return send(divider.takeOpenRounds())
      }
      if blocked != nil { return }
      guard sendNext(wanted) else { return }
    }
  }

  /// When somebody needs to know that nothing was appended.
  private var nextDeadline: Timestamp {
    var next = divider.instant ?? .never
    guard underWay.isEmpty else { return next }
    for lane in lanes {
      let deadline = lane.deadline
      if deadline > sentThrough { next = min(next, deadline) }
    }
    return next
  }

  /// Goes one step on; answers whether there was one.
  private func sendNext(_ wanted: Timestamp) -> Bool {
    if let instant = divider.instant, input.isSilent(through: instant),
      input.headInstant ?? .never > instant
    {
      send(divider.takeRounds(through: instant))
    } else if let head = input.headInstant {
      let instant = max(head, divider.instant ?? sentThrough.advanced(byMilliseconds: 1))
      guard let item = input.takeHead(room: divider.room) else { return false }
      divider.take(item, at: instant)
      if divider.room <= 0 { send(divider.takeOpenRounds()) }
    } else if input.isEnded {
      hasSentLast = true
      let end = max(sentThrough, input.reader.quietEnd)
      send(divider.takeRounds(through: end, isLast: true))
    } else if input.silentThrough > sentThrough, input.silentThrough >= wanted {
      send(divider.silentRounds(through: input.silentThrough))
    } else {
      return false
    }
    return true
  }

  /// Holds nobody back while a partition pauses and there is no room for another round.
  private func letPublishersGoOn() {
    let isPaused = lanes.reduce(false) { $1.hearPause() || $0 }
    if isPaused, !maySend { input.reader.pause() }
  }

  private func send(_ rounds: [PartitionRound<Input>]) {
    guard let instant = rounds.first?.silentThrough else { return }
    sentThrough = max(sentThrough, instant)
    underWay.append(instant)
    for (lane, round) in zip(lanes, rounds) { lane.put(round) }
  }

  // MARK: Merging

  /// Takes what was said; answers whether a round has ended and there may be room for another.
  private func merge(_ limit: Int, into batch: inout Batch<Output>) throws -> Bool {
    var hasEndedRound = false
    while !underWay.isEmpty, batch.count < limit {
      for partition in merger.unknown {
        let (outputs, failure) = lanes[partition].takeOutputs()
        if let failure, batch.items.isEmpty { throw failure }
        merger.take(outputs, of: partition)
      }
      guard merger.unknown.isEmpty else { return hasEndedRound }
      guard merger.next(room: limit - batch.count, into: &batch.items) else { continue }
      silentThrough = max(silentThrough, underWay.removeFirst())
      hasEndedRound = true
    }
    return hasEndedRound && batch.items.isEmpty
  }

  // MARK: Waiting

  private var asksInput: Bool { maySend && !input.isEnded && input.head == nil }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    var sources: [(@escaping @Sendable () -> Void) -> WakeRequest?] = []
    if asksInput { sources.append(input.reader.notify) }
    if !underWay.isEmpty { for lane in merger.unknown { sources.append(lanes[lane].notify) } }
    return WakeRequest.any(wake, of: sources)
  }

  var wakeTime: Timestamp {
    guard asksInput else { return .never }
    let reader = input.reader
    return min(reader.wakeTime, reader.promisesSilence ? nextDeadline : .never)
  }

  /// Not while a round is under way: that is waited for.
  var promisesSilence: Bool { underWay.isEmpty && input.reader.promisesSilence }

  /// While a round is under way, it is.
  var isWorking: Bool { !underWay.isEmpty || input.reader.isWorking }

  func pause() {
    input.reader.pause()
  }

  var inputPlan: FlowPlan? { input.reader.plan }

  var stages: [StageStatistics] {
    let counters: KeyValuePairs<String, UInt64> = [
      "in": lanes.reduce(0) { $0 + $1.received }, "partitions": UInt64(lanes.count),
    ]
    let division = StageStatistics("partitioned", counters, passage: .each)
    return input.reader.stages + [division] + StageStatistics.sums(of: lanes.map(\.stages))
  }
}

/// Bounds of a partitioned flow.
public enum PartitionLimits {
  /// The most rounds, of at most 256 entries each, that partitions are given ahead of the results.
  public static let rounds = 4
}
