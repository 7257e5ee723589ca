// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// Who the client is, and for how long.
extension WebSocketSession {
  /// Lets a client in, or tells it why not; with `isRetry`, newer keys were looked for already.
  func connect(_ command: UInt64, _ request: ConnectRequest, isRetry: Bool = false) {
    let token = request.token.isEmpty ? handshakeToken : request.token
    do throws(TokenFailure) {
      let identity = try identity(of: token)
      connectBy = nil
      access = access.knowing(identity)
      welcome(command, request)
    } catch {
      if !isRetry, error.wantsNewerKeys {
        return retry { $0.connect(command, request, isRetry: true) }
      }
      services.authority.note(error)
      guard error.isExpiry else {
        return close(
          .invalidToken,
          because: token.isEmpty ? #"none was given; send one as "token" in connect"# : "\(error)"
        )
      }
      // The client fetches another token and comes back.
      send(.error(command, .tokenExpired))
      close(.expired)
    }
  }

  /// Who has a token whose time is not over.
  private func identity(of token: String) throws(TokenFailure) -> ClientIdentity {
    let identity = try services.authority.identity(of: token)
    guard !identity.isExpired(at: clock.now) else { throw .expired("exp") }
    return identity
  }

  /// Looks for newer keys, and goes on after that; until then the client is not heard.
  private func retry(_ body: @escaping @Sendable (WebSocketSession) -> Void) {
    isBusy = true
    let (later, authority) = (shard.later(id), services.authority)
    Task {
      _ = await authority.refreshKeys()
      later { session in
        guard let session = session as? WebSocketSession, !session.isClosing else { return }
        session.goOn()
        body(session)
      }
    }
  }

  /// Makes the subscriptions that the client's token says, then tells it that it is connected.
  private func welcome(_ command: UInt64, _ request: ConnectRequest) {
    let granted = access.identity.subscriptions
    guard !granted.isEmpty else { return greet(command, []) }
    isBusy = true
    // The session is confined to its loop, and so are the completions.
    var results: [PreparedSubscription?] = Array(repeating: nil, count: granted.count)
    var left = granted.count
    var isPostponed = false
    for (index, subscription) in granted.enumerated() {
      let known = request.subscriptions.first { $0.channel == subscription.channel }
      let wanted = known ?? SubscribeRequest(channel: subscription.channel)
      prepare(wanted, granted: subscription) { session, result in
        // One that can't be made leaves the others alone; one that can't be now is tried again.
        switch result {
        case .success(let prepared): results[index] = prepared
        case .failure(let error): isPostponed = isPostponed || error.isTemporary
        }
        left -= 1
        guard left == 0, !session.isClosing else { return }
        guard !isPostponed else { return session.close(.insufficientState) }
        session.greet(command, results.compactMap(\.self))
        session.goOn()
      }
    }
  }

  private func greet(_ command: UInt64, _ prepared: [PreparedSubscription]) {
    isConnected = true
    let begun = prepared.filter { (try? begin($0)) != nil }
    let validity = Validity(until: access.identity.expiry, now: clock.now)
    func connected(isTold: Bool) -> ServerMessage {
      .connected(
        command,
        Connected(
          client: name,
          version: settings.version,
          validity: validity,
          pingSeconds: UInt64(settings.pingInterval.wholeMilliseconds / 1_000),
          time: clock.now,
          subscriptions: begun.map {
            (
              $0.request.channel,
              $0.answer(isTold: isTold && $0.missed != nil, isShort: !isTold, clock.now)
            )
          }
        )
      )
    }
    // What was missed may exceed the room for output.
    if !connection.send(form.frame(connected(isTold: true))) { send(connected(isTold: false)) }
  }

  /// Takes a newer token of the same user.
  func refresh(_ command: UInt64, _ token: String, isRetry: Bool = false) {
    do throws(TokenFailure) {
      let identity = try identity(of: token)
      guard identity.user == access.identity.user else { throw .invalidClaim("sub") }
      access = access.knowing(identity)
      let validity = Validity(until: identity.expiry, now: clock.now)
      send(.refreshed(command, client: name, version: settings.version, validity))
    } catch {
      if !isRetry, error.wantsNewerKeys {
        return retry { $0.refresh(command, token, isRetry: true) }
      }
      services.authority.note(error)
      guard error.isExpiry else {
        // Of another user's nothing is wrong but that.
        let isOthers = error == .invalidClaim("sub")
        return close(.invalidToken, because: isOthers ? "it is another user's" : "\(error)")
      }
      send(.error(command, .tokenExpired))
    }
  }

  /// Takes a newer token of a subscription.
  func refreshSubscription(_ command: UInt64, _ channel: String, _ token: String) {
    guard let index = subscriptions.firstIndex(where: { $0.channel == channel }) else {
      return send(.error(command, .badRequest("there is no subscription to '\(channel)'")))
    }
    do throws(ProtocolError) {
      let permit = try permit(of: token, for: subscriptions[index].topic)
      subscriptions[index].token = SubscriptionToken(of: permit)
      let validity = Validity(until: permit.expiry, now: clock.now)
      send(.subscriptionRefreshed(command, validity))
    } catch {
      send(.error(command, error))
    }
  }

  /// What a subscription token allows this client.
  func permit(of token: String, for topic: String) throws(ProtocolError) -> SubscriptionPermit {
    let permit: SubscriptionPermit
    do throws(TokenFailure) {
      permit = try services.authority.permit(of: token)
      if let expiry = permit.expiry, expiry <= clock.now { throw .expired("exp") }
    } catch {
      services.authority.note(error)
      if error.wantsNewerKeys {
        services.authority.lookForKeys()
        throw .unavailable("newer keys are looked for")
      }
      throw error.isExpiry
        ? .tokenExpired : .permissionDenied("the subscription's token: \(error)")
    }
    guard permit.covers(topic, of: access.identity) else {
      services.authority.noteDenied(.subscribe)
      throw .permissionDenied("the subscription's token is for another channel or another user")
    }
    return permit
  }

  /// Ends what has had its time; answers whether anything was said.
  func endExpired() -> Bool {
    // Nearly all have none that ends, and are asked every second.
    let mayEnd = access.identity.expiry != nil || subscriptions.contains { $0.token != nil }
    guard mayEnd else { return false }
    let now = clock.now
    if isConnected, access.identity.isExpired(at: now) {
      services.authority.note(.expired("exp"))
      close(.expired)
      return true
    }
    let expired = subscriptions.filter { $0.token?.expiry.map { $0 <= now } ?? false }
    for subscription in expired { endSubscription(subscription.channel, telling: .expired) }
    return !expired.isEmpty
  }

  /// Subscribes the client by the server's will; where that can't be done, nothing happens.
  func subscribe(_ request: SubscribeRequest, granted: GrantedSubscription) {
    prepare(request, granted: granted) { session, result in
      guard let prepared = try? result.get(), (try? session.begin(prepared)) != nil else { return }
      session.send(
        .push(
          channel: request.channel,
          .subscribe(prepared.answer(isTold: false, session.clock.now))
        )
      )
      // What was missed comes as if it were published now.
      for entry in prepared.missed ?? [] {
        session.send(.push(channel: request.channel, .publication(entry)))
      }
      session.connection.flush()
    }
  }

  /// Lets the connection go on until an instant; `nil` for ever.
  func prolong(until expiry: Timestamp?) {
    var identity = access.identity
    identity.expiry = expiry
    access = access.knowing(identity)
    send(.push(channel: "", .refresh(Validity(until: expiry, now: clock.now))))
  }

  /// Ends the connection if what vouched for it was revoked.
  public func heed(_ revocation: Revocation) {
    // While it is being let in, it is known already who it is.
    guard isConnected || isBusy, !isClosing else { return }
    let ended = subscriptions.filter { $0.token.map { revocation.covers($0.bearer) } ?? false }
    for subscription in ended {
      services.authority.note(.revoked)
      endSubscription(subscription.channel, telling: .revoked)
    }
    if !ended.isEmpty { connection.flush() }
    guard revocation.covers(access.identity) else { return }
    services.authority.note(.revoked)
    close(.invalidToken, because: "\(TokenFailure.revoked)")
    connection.flush()
  }
}
