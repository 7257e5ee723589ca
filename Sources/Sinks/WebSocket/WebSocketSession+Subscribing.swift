// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// Beginning to read a channel, with what was missed of it.
extension WebSocketSession {
  /// Where a subscription begins.
  private enum Start {
    /// From an offset on, behind what the client has missed; `nil` if that can't be told whole.
    case known(next: Offset, missed: [EventEntry]?)
    /// What was missed is on disk.
    case onDisk(Recovery)
  }

  func subscribe(_ command: UInt64, _ request: SubscribeRequest) {
    do throws(ProtocolError) {
      try checkLimits(request)
      let topic = try topic(request.topic)
      switch start(of: request, in: topic) {
      case .known(let next, let missed):
        try subscribe(command, request, topic, from: next, missed)
      case .onDisk(let recovery): recover(recovery, command, request, topic)
      }
    } catch {
      send(ClientReply.error(command, error))
    }
  }

  /// Answers a subscribe, with everything that was missed or nothing of it, and begins to read.
  private func subscribe(
    _ command: UInt64,
    _ request: SubscribeRequest,
    _ topic: Topic<Event>,
    from start: Offset,
    _ missed: [EventEntry]?
  ) throws(ProtocolError) {
    let reply = { (recovered: Bool?, publications: [EventEntry]) in
      ClientReply.subscribe(
        command,
        epoch: topic.epoch,
        offset: start - 1,
        recovered: recovered,
        publications: publications
      )
    }
    // What exceeds the room for output can't be recovered, whatever it weighs.
    let isTold = missed.map { !$0.isEmpty && connection.send(reply(true, $0)) } ?? false
    if !isTold {
      let isRecovered = request.recover.map { _ in missed?.isEmpty ?? false }
      if isRecovered == false, request.failsUnrecovered { throw .unrecoverable }
      send(reply(isRecovered, []))
    }
    guard !isClosing else { return }
    let log = shard.frames.log(topic, format(of: request.channel))
    let cursor = FanOutCursor(log, next: start, over: connection, isDirect: true)
    subscriptions.append(
      Subscription(channel: request.channel, cursor: cursor, wantsGaps: request.wantsGaps)
    )
    shard.read(cursor, by: self)
  }

  private func start(of request: SubscribeRequest, in topic: Topic<Event>) -> Start {
    let end = topic.end
    guard let recover = request.recover else { return .known(next: end.next, missed: []) }
    guard recover.epoch == topic.epoch, recover.offset < end.next,
      end.next - 1 - recover.offset <= UInt64(settings.maximumRecovery)
    else { return .known(next: end.next, missed: nil) }
    var recovery = Recovery(
      after: recover.offset,
      through: end.next - 1,
      maximumBytes: settings.maximumRecoveryBytes
    )
    while !recovery.isOver {
      var position = Position(next: recovery.next, nextMark: .max)
      let limit = Int(end.next - recovery.next)
      guard let batch = topic.readFromMemory(from: &position, limit: limit) else {
        return .onDisk(recovery)
      }
      recovery.take(batch, epoch: topic.epoch)
    }
    return .known(next: recovery.missed == nil ? end.next : recovery.next, missed: recovery.missed)
  }

  // MARK: From disk

  /// Reads on what was missed, and subscribes when all of it is there.
  private func recover(
    _ recovery: Recovery,
    _ command: UInt64,
    _ request: SubscribeRequest,
    _ topic: Topic<Event>
  ) {
    publishNumber += 1
    let number = publishNumber
    recovering[request.channel] = number
    let later = shard.later(id)
    recovery.read(topic) { recovery in
      later { session in
        guard let session = session as? WebSocketSession,
          session.recovering[request.channel] == number
        else { return }
        session.recovering[request.channel] = nil
        session.finish(recovery, command, request, topic)
      }
    }
  }

  private func finish(
    _ recovery: Recovery,
    _ command: UInt64,
    _ request: SubscribeRequest,
    _ topic: Topic<Event>
  ) {
    do throws(ProtocolError) {
      if let error = recovery.error { throw .unavailable(error.description) }
      let next = recovery.missed == nil ? topic.end.next : recovery.next
      try subscribe(command, request, topic, from: next, recovery.missed)
    } catch {
      send(ClientReply.error(command, error))
    }
    pump()
  }
}
