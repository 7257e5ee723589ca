// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

extension WebSocketSession {
  /// Does what a connected client asks for, and replies.
  func perform(_ command: ClientCommand, now: MonotonicInstant) {
    switch command.request {
    case .subscribe(let request): subscribe(command.id, request)
    case .unsubscribe(let channel):
      endSubscription(channel)
      send(ClientReply.done(command.id, "unsubscribe"))
    case .publish(let channel, let data): publish(command.id, channel, data, now: now)
    case .ping: send(ClientReply.done(command.id, "ping"))
    case .unavailable(let name): send(ClientReply.error(command.id, .notAvailable(name)))
    case .unknown(let name): send(ClientReply.error(command.id, .methodNotFound(name)))
    case .invalid(let error): send(ClientReply.error(command.id, error))
    case .connect, .pong, .send: break
    }
  }

  private func subscribe(_ command: UInt64, _ request: SubscribeRequest) {
    do throws(ProtocolError) {
      try checkLimits(request)
      let topic = try topic(request.topic)
      let start = try reply(command, to: request, in: topic)
      guard !isClosing else { return }
      let log = shard.frames.log(topic, format(of: request.channel))
      let cursor = FanOutCursor(log, next: start, over: connection, isDirect: true)
      subscriptions.append(
        Subscription(channel: request.channel, cursor: cursor, wantsGaps: request.wantsGaps)
      )
      shard.read(cursor, by: self)
    } catch {
      send(ClientReply.error(command, error))
    }
  }

  /// Answers a subscribe, with everything that was missed or nothing of it; tells what is read
  /// next.
  private func reply(
    _ command: UInt64,
    to request: SubscribeRequest,
    in topic: Topic<Event>
  ) throws(ProtocolError) -> Offset {
    let (start, missed) = start(of: request, in: topic)
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
    if let missed, !missed.isEmpty, connection.send(reply(true, missed)) { return start }
    let isRecovered = request.recover.map { _ in missed?.isEmpty ?? false }
    if isRecovered == false, request.failsUnrecovered { throw .unrecoverable }
    send(reply(isRecovered, []))
    return start
  }

  private func checkLimits(_ request: SubscribeRequest) throws(ProtocolError) {
    guard request.channel.utf8.count <= TopicName.maximumBytes else {
      throw .badRequest("a channel name has at most \(TopicName.maximumBytes) bytes")
    }
    if subscriptions.contains(where: { $0.channel == request.channel }) {
      throw .alreadySubscribed
    }
    if subscriptions.count >= settings.maximumChannels {
      throw .limitExceeded("\(settings.maximumChannels) channels")
    }
  }

  /// The topic a client may read or write.
  private func topic(_ name: String) throws(ProtocolError) -> Topic<Event> {
    if name.contains("#") { throw .permissionDenied("'\(name)' belongs to users") }
    do {
      return try directory.topic(name)
    } catch {
      switch error {
      case .name: throw .badRequest(error.description)
      case .notAllowed: throw .unknownChannel(error.description)
      case .tooMany: throw .limitExceeded(error.description)
      }
    }
  }

  /// The offset that is read next, and what the client missed before it: `nil` if that can't be
  /// told whole.
  private func start(
    of request: SubscribeRequest,
    in topic: Topic<Event>
  ) -> (next: Offset, missed: [EventEntry]?) {
    let end = topic.end
    guard let recover = request.recover else { return (end.next, []) }
    guard recover.epoch == topic.epoch, recover.offset < end.next,
      end.next - 1 - recover.offset <= UInt64(settings.maximumRecovery)
    else { return (end.next, nil) }
    var position = topic.position(after: recover.offset)
    let batch = topic.read(from: &position, limit: Int(end.next - 1 - recover.offset))
    guard batch.leadingGap == nil else { return (end.next, nil) }
    var missed: [EventEntry] = []
    var bytes = 0
    batch.forEachEntry(epoch: topic.epoch) { entry in
      bytes += entry.event.weight
      if bytes <= settings.maximumRecoveryBytes { missed.append(entry) }
    }
    guard bytes <= settings.maximumRecoveryBytes else { return (end.next, nil) }
    return (recover.offset + 1 + Offset(missed.count), missed)
  }

  // MARK: Publishing

  private func publish(_ command: UInt64, _ channel: String, _ data: [UInt8], now: MonotonicInstant)
  {
    do throws(ProtocolError) {
      let topic = try topic(String(channel.prefix { $0 != "?" }))
      guard held.count < settings.maximumHeldPublishes else {
        throw ProtocolError.heldBack("\(held.count) publishes of this client wait already")
      }
      let later = shard.later(id)
      publishNumber += 1
      let number = publishNumber
      let offer = topic.offer([Event(data: data)]) { result in
        later { ($0 as? WebSocketSession)?.settle(number, result) }
      }
      switch offer {
      case .stored: send(ClientReply.done(command, "publish"))
      case .refused(let error): throw ProtocolError(error)
      case .held(let ticket):
        let deadline = now.advanced(by: settings.publishTimeout)
        held.append(
          HeldPublish(
            number: number,
            command: command,
            topic: topic,
            ticket: ticket,
            deadline: deadline
          )
        )
      }
    } catch {
      send(ClientReply.error(command, error))
    }
  }

  private func settle(_ number: UInt64, _ result: Result<Receipt, PublishError>) {
    guard let index = held.firstIndex(where: { $0.number == number }) else { return }
    let command = held.remove(at: index).command
    switch result {
    case .success: send(ClientReply.done(command, "publish"))
    case .failure(let error): send(ClientReply.error(command, ProtocolError(error)))
    }
    pump()
  }

  /// Takes back publishes that were held too long; their replies say so.
  func expireHeld(now: MonotonicInstant) {
    for publish in held where publish.deadline <= now { publish.topic.withdraw(publish.ticket) }
  }
}

extension ProtocolError {
  /// The protocol's words for a refused publish.
  init(_ error: PublishError) {
    switch error {
    case .tooLarge: self = .limitExceeded(error.description)
    case .tooManyHeld, .withdrawn: self = .heldBack(error.description)
    case .closed: self = .notAvailable(error.description)
    case .keyReused, .invalidKey: self = .badRequest(error.description)
    }
  }
}
