// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// What a client asks about channels, and of the server.
extension WebSocketSession {
  // MARK: Presence

  /// Who is in a channel.
  func presence(_ command: UInt64, _ channel: String) throws(ProtocolError) {
    let topic = try presenceTopic(channel)
    let most = settings.maximumPresence
    guard let members = services.presence.members(of: topic, limit: most) else {
      throw .limitExceeded("over \(most) clients are there; ask for presence_stats")
    }
    budget -= Self.historyCost
    let frame = form.frame(.presence(command, members))
    if connection.send(frame) { return }
    send(
      .error(command, .limitExceeded("the list of clients is too large; ask for presence_stats"))
    )
  }

  /// The topic whose presence the client may know.
  func presenceTopic(_ channel: String) throws(ProtocolError) -> String {
    let topic = SubscribeRequest.topic(of: channel)
    do throws(TopicName.Violation) { try TopicName.check(topic) } catch {
      throw .badRequest(error.description)
    }
    try access.check(.presence, on: topic)
    let isKept =
      services.authority.rules(for: topic).hasPresence
      || subscriptions.contains { $0.isPresent && $0.topic == topic }
    guard isKept else {
      throw .notAvailable("presence of '\(topic)'; the configuration's \"presence\" turns it on")
    }
    return topic
  }

  // MARK: History

  /// Answers a page of what was published, at once or after it was read from disk.
  func history(_ command: UInt64, _ request: HistoryRequest) throws(ProtocolError) {
    let name = SubscribeRequest.topic(of: request.channel)
    try access.check(.history, on: name)
    let topic = try topic(name)
    let plan = try HistoryPlan(request, of: topic, most: settings.maximumHistory)
    guard readCount < settings.maximumReads else {
      throw .heldBack("\(readCount) pages of this client are being read already")
    }
    let (later, reading) = (shard.later(id), try services.reading())
    readCount += 1
    plan.read(topic, counting: reading) { result in
      later { session in
        guard let session = session as? WebSocketSession, !session.isClosing else { return }
        session.readCount -= 1
        session.send(history: command, result)
        session.connection.flush()
      }
    } atOnce: { result in
      readCount -= 1
      // A page costs as much as many commands.
      budget -= Self.historyCost
      send(history: command, result)
    }
  }

  private func send(history command: UInt64, _ result: Result<HistoryPage, ProtocolError>) {
    switch result {
    case .failure(let error): send(.error(command, error))
    case .success(let page):
      let frame = form.frame(.history(command, page))
      if connection.send(frame) { return }
      send(.error(command, .limitExceeded("the page is too large; ask for fewer publications")))
    }
  }

  // MARK: Calls

  /// Has a method called, and answers when it is done.
  func call(_ command: UInt64, _ method: String, _ data: WirePayload?) throws(ProtocolError) {
    guard let calls = services.calls else { throw .methodNotFound("rpc '\(method)'") }
    guard callCount < settings.maximumCalls else {
      throw .heldBack("\(callCount) calls of this client are not answered yet")
    }
    callCount += 1
    let (later, identity) = (shard.later(id), access.identity)
    Task {
      let result: Result<[UInt8], RemoteCallFailure>
      do throws(RemoteCallFailure) {
        result = .success(try await calls.call(method, data?.bytes, by: identity))
      } catch {
        result = .failure(error)
      }
      later { session in
        guard let session = session as? WebSocketSession, !session.isClosing else { return }
        session.callCount -= 1
        switch result {
        case .success(let bytes): session.send(.rpc(command, WirePayload(json: bytes)))
        case .failure(let failure): session.send(.error(command, ProtocolError(failure, method)))
        }
        session.connection.flush()
      }
    }
  }
}

extension ProtocolError {
  fileprivate init(_ failure: RemoteCallFailure, _ method: String) {
    switch failure {
    case .notFound: self = .methodNotFound("rpc '\(method)'")
    case .denied: self = .permissionDenied("rpc '\(method)'")
    case .badRequest(let detail): self = .badRequest(detail)
    case .unavailable(let detail): self = .unavailable(detail)
    }
  }
}
