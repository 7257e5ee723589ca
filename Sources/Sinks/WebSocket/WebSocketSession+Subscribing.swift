// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// Beginning to read a channel, with what was missed of it.
extension WebSocketSession {
  /// Gets a subscription that can be made, or why there is none; on the session's loop.
  typealias Preparation = (WebSocketSession, Result<PreparedSubscription, ProtocolError>) -> Void

  /// A subscription that can't be answered yet.
  struct Waiting {
    /// Tells it from an earlier one of the channel, whose answer may come late.
    let number: UInt64
    let completion: Preparation
    /// What takes it back; `nil` where what is read is of no use to anybody else.
    var ticket: DerivedTicket?
  }

  func subscribe(_ command: UInt64, _ request: SubscribeRequest) {
    prepare(request) { session, result in
      do throws(ProtocolError) {
        let prepared = try result.get()
        try session.begin(prepared)
        session.answer(command, prepared)
      } catch {
        session.services.authority.noteRefused(code: error.code)
        session.send(.error(command, error))
      }
    }
  }

  /// Finds out whether and from where a channel can be read.
  ///
  /// - Parameters:
  ///   - request: What is asked for.
  ///   - granted: What the server itself subscribes the client to; `nil` where the client asks.
  ///   - completion: Called once, at once or after what was missed was read from disk; not at all if
  ///     the session has ended or the client has unsubscribed.
  func prepare(
    _ request: SubscribeRequest,
    granted: GrantedSubscription? = nil,
    completion: @escaping Preparation
  ) {
    do throws(ProtocolError) {
      try checkLimits(request)
      let permit =
        request.token.isEmpty ? nil : try permit(of: request.token, for: request.topic)
      if granted == nil {
        try access.check(.subscribe, on: request.topic, permit: permit)
      } else if access.isOthers(request.topic) {
        services.authority.noteDenied(.subscribe)
        throw .permissionDenied("'\(request.topic)' belongs to others")
      }
      let terms = SubscriptionTerms(request, permit: permit, granted: granted, access)
      let topic = try topic(request.topic)
      if let chain = request.data?["pipe"] {
        return try derive(chain, request, terms, topic, completion)
      }
      if request.wantsTable { return try readTable(request, terms, topic, completion) }
      switch missed(request, terms, in: topic) {
      case .known(let next, let entries):
        let prepared = PreparedSubscription(
          request: request,
          topic: topic,
          terms: terms,
          start: next,
          missed: entries
        )
        completion(self, prepared.checked)
      case .onDisk(let recovery): recover(recovery, request, terms, topic, completion)
      }
    } catch {
      completion(self, .failure(error))
    }
  }

  /// Begins to read a channel; nothing is sent of it before what the caller sends now.
  func begin(_ prepared: PreparedSubscription) throws(ProtocolError) {
    let (request, topic) = (prepared.request, prepared.topic)
    if prepared.derived != nil, topic.isClosed {
      throw .unavailable("the chain has ended meanwhile")
    }
    let format = format(of: request.channel)
    let log =
      request.filter.map { shard.frames.log(topic, format, where: shard.frames.shared($0)) }
      ?? shard.frames.log(topic, format)
    // Of who is waited for it has to be known what it has taken.
    let isHeld = if case .held = prepared.derived { true } else { false }
    let cursor = FanOutCursor(log, next: prepared.start, over: connection, isDirect: !isHeld)
    do throws(FilterSetError) { try shard.read(cursor, by: self) } catch {
      throw .limitExceeded(error.description)
    }
    subscriptions.append(
      Subscription(
        channel: request.channel,
        cursor: cursor,
        wantsGaps: request.wantsGaps,
        isPresent: prepared.terms.isPresent,
        news: prepared.terms.tellsJoins ? readNews(of: request) : nil,
        derived: prepared.derived,
        token: prepared.terms.token
      )
    )
    if isHeld { holdCount += 1 }
    guard prepared.terms.isPresent else { return }
    let identity = access.identity
    services.presence.enter(
      request.topic,
      ClientInfo(
        user: identity.user,
        client: name,
        connection: identity.info,
        channel: prepared.terms.info
      )
    )
  }

  /// Answers a subscribe, with everything that was missed or nothing of it.
  private func answer(_ command: UInt64, _ prepared: PreparedSubscription) {
    let whole = prepared.answer(isTold: prepared.missed != nil, clock.now)
    // What exceeds the room for output can't be recovered, whatever it weighs; rows can be read later.
    let isLarge = !whole.publications.isEmpty || prepared.rows != nil
    if isLarge, connection.send(form.frame(.subscribed(command, whole))) { return }
    let isTold = prepared.missed?.isEmpty ?? false
    if !isTold, prepared.request.recover != nil, prepared.request.failsUnrecovered {
      endSubscription(prepared.request.channel)
      return send(.error(command, .unrecoverable))
    }
    send(.subscribed(command, prepared.answer(isTold: isTold, isShort: true, clock.now)))
  }

  /// Begins to read who comes and goes.
  private func readNews(of request: SubscribeRequest) -> FanOutCursor? {
    let topic = services.presence.openNews(of: request.topic)
    let log = shard.frames.log(topic, .presence(channel: request.channel, form: form))
    let cursor = FanOutCursor(log, next: topic.end.next, over: connection)
    // Without a filter there is room for everybody.
    guard (try? shard.read(cursor, by: self)) != nil else { return nil }
    return cursor
  }
}

extension PreparedSubscription {
  /// The same, or an error if the client wants one where not all that it missed can be told.
  var checked: Result<PreparedSubscription, ProtocolError> {
    let isLost = request.recover != nil && missed == nil
    return isLost && request.failsUnrecovered ? .failure(.unrecoverable) : .success(self)
  }

  /// What the client is told; where it is to be short, the rows of a table are all left to be read by
  /// the client.
  func answer(isTold: Bool, isShort: Bool = false, _ now: Timestamp) -> Subscribed {
    var page = rows
    if page == nil, request.wantsTable, request.recover == nil || !isTold {
      page = EventTable.Page(next: "")
    }
    if isShort, page != nil { page = EventTable.Page(next: "") }
    return Subscribed(
      epoch: epoch,
      offset: start - 1,
      validity: Validity(until: terms.token?.expiry, now: now),
      recovered: request.recover.map { _ in isTold },
      publications: isTold ? missed ?? [] : [],
      data: request.wantsTable ? TableAnswer.data(page, with: terms.data) : terms.data
    )
  }
}
