// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

extension WebSocketSession {
  /// Does what a connected client asks for, and replies.
  func perform(_ command: ClientCommand, now: MonotonicInstant) {
    let id = command.id
    do throws(ProtocolError) {
      switch command.request {
      case .subscribe(let request): subscribe(id, request)
      case .unsubscribe(let channel):
        endSubscription(channel)
        send(.done(id, .unsubscribe))
      case .publish(let channel, let data): try publish(id, channel, data, now: now)
      case .presence(let channel): try presence(id, channel)
      case .presenceStats(let channel):
        let counts = services.presence.counts(of: try presenceTopic(channel))
        send(.presenceStats(id, clients: counts.clients, users: counts.users))
      case .history(let request): try history(id, request)
      case .ping: send(.done(id, .ping))
      case .rpc(let method, let data): try call(id, method, data)
      case .refresh(let token): refresh(id, token)
      case .subRefresh(let channel, let token): refreshSubscription(id, channel, token)
      case .unknown(let name): throw .methodNotFound(name)
      case .invalid(let error): throw error
      case .connect, .pong, .send: break
      }
    } catch {
      services.authority.noteRefused(code: error.code)
      send(.error(id, error))
    }
  }

  func checkLimits(_ request: SubscribeRequest) throws(ProtocolError) {
    guard request.channel.utf8.count <= TopicName.maximumBytes else {
      throw .badRequest("a channel name has at most \(TopicName.maximumBytes) bytes")
    }
    if subscriptions.contains(where: { $0.channel == request.channel })
      || recovering[request.channel] != nil
    {
      throw .alreadySubscribed
    }
    let most = access.identity.limits["subscriptions"] ?? settings.maximumChannels
    if subscriptions.count + recovering.count >= most {
      throw .limitExceeded("\(most) channels")
    }
  }

  /// The topic of a name; made if there is none.
  func topic(_ name: String) throws(ProtocolError) -> Topic<Event> {
    if services.authority.hasKeys, services.directory.existing(name) == nil {
      guard madeCount < settings.maximumMadeTopics else {
        throw .limitExceeded("\(madeCount) topics were made by this connection")
      }
      madeCount += 1
    }
    do throws(TopicDirectory.Refusal) { return try services.topic(name) } catch {
      throw ProtocolError(error)
    }
  }

  // MARK: Publishing

  private func publish(
    _ command: UInt64,
    _ channel: String,
    _ data: WirePayload,
    now: MonotonicInstant
  ) throws(ProtocolError) {
    let name = SubscribeRequest.topic(of: channel)
    try access.check(.publish, on: name)
    let event = Event(data: data.bytes, format: data.format)
    try services.check(event, for: name)
    let topic = try topic(name)
    try services.checkRow(event, of: topic)
    guard held.count < settings.maximumHeldPublishes else {
      throw .heldBack("\(held.count) publishes of this client wait already")
    }
    let later = shard.later(id)
    publishNumber += 1
    let number = publishNumber
    let offer = topic.offer([event]) { result in
      later { ($0 as? WebSocketSession)?.settle(number, result) }
    }
    switch offer {
    case .stored: send(.done(command, .publish))
    case .refused(let error): throw ProtocolError(error)
    case .held(let ticket):
      held.append(
        HeldPublish(
          number: number,
          command: command,
          topic: topic,
          ticket: ticket,
          deadline: now.advanced(by: settings.publishTimeout)
        )
      )
    }
  }

  private func settle(_ number: UInt64, _ result: Result<Receipt, PublishError>) {
    guard let index = held.firstIndex(where: { $0.number == number }) else { return }
    let command = held.remove(at: index).command
    switch result {
    case .success: send(.done(command, .publish))
    case .failure(let error): send(.error(command, ProtocolError(error)))
    }
    pump()
  }

  /// Takes back publishes that were held too long; their replies say so.
  ///
  /// What a disk has been given can't be taken back: what becomes of it is not waited for.
  func expireHeld(now: MonotonicInstant) {
    for publish in held where publish.deadline <= now {
      guard !publish.topic.withdraw(publish.ticket), publish.topic.isDurable else { continue }
      held.removeAll { $0.number == publish.number }
      send(.error(publish.command, .unavailable(Self.storedTooLong)))
    }
  }

  private static let storedTooLong =
    "the disk has not stored the publication yet, and may still do so"
}

extension ProtocolError {
  /// The protocol's words for a topic that there can't be.
  init(_ refusal: TopicDirectory.Refusal) {
    switch refusal {
    case .name: self = .badRequest(refusal.description)
    case .notAllowed: self = .unknownChannel(refusal.description)
    case .tooMany: self = .limitExceeded(refusal.description)
    }
  }

  /// The protocol's words for a refused publish.
  init(_ error: PublishError) {
    switch error {
    case .tooLarge: self = .limitExceeded(error.description)
    case .tooManyHeld, .withdrawn: self = .heldBack(error.description)
    case .closed: self = .notAvailable(error.description)
    case .keyReused, .invalidKey: self = .badRequest(error.description)
    case .notStored(let error) where error.isTransient || error.kind == .doubtful:
      self = .unavailable(error.description)
    case .notStored(let error): self = .notAvailable(error.description)
    }
  }
}
