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

  func checkLimits(_ request: SubscribeRequest) throws(ProtocolError) {
    guard request.channel.utf8.count <= TopicName.maximumBytes else {
      throw .badRequest("a channel name has at most \(TopicName.maximumBytes) bytes")
    }
    if subscriptions.contains(where: { $0.channel == request.channel })
      || recovering[request.channel] != nil
    {
      throw .alreadySubscribed
    }
    if subscriptions.count + recovering.count >= settings.maximumChannels {
      throw .limitExceeded("\(settings.maximumChannels) channels")
    }
  }

  /// The topic a client may read or write.
  func topic(_ name: String) throws(ProtocolError) -> Topic<Event> {
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
  ///
  /// What a disk has been given can't be taken back: what becomes of it is not waited for.
  func expireHeld(now: MonotonicInstant) {
    for publish in held where publish.deadline <= now {
      guard !publish.topic.withdraw(publish.ticket), publish.topic.isDurable else { continue }
      held.removeAll { $0.number == publish.number }
      send(ClientReply.error(publish.command, .unavailable(Self.storedTooLong)))
    }
  }

  private static let storedTooLong =
    "the disk has not stored the publication yet, and may still do so"
}

extension ProtocolError {
  /// The protocol's words for a refused publish.
  init(_ error: PublishError) {
    switch error {
    case .tooLarge: self = .limitExceeded(error.description)
    case .tooManyHeld, .withdrawn: self = .heldBack(error.description)
    case .closed: self = .notAvailable(error.description)
    case .keyReused, .invalidKey: self = .badRequest(error.description)
    case .notStored(let error) where error.isTransient: self = .unavailable(error.description)
    case .notStored(let error): self = .notAvailable(error.description)
    }
  }
}
