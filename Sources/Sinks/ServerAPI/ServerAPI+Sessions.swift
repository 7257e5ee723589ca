// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// Who is connected, and what becomes of them.
extension ServerAPI {
  func presence(_ body: JSONView) throws(ProtocolError) -> Writing {
    let topic = try presenceTopic(body)
    guard
      let members = services.presence.members(of: topic, limit: services.settings.maximumPresence)
    else {
      throw .limitExceeded("over \(services.settings.maximumPresence) clients are there")
    }
    let named = members.map { (name: $0.client, value: $0.info) }
    return { writer in
      writer.map(WireField("presence", 1), named) { $1.write(into: &$0) }
    }
  }

  func presenceStats(_ body: JSONView) throws(ProtocolError) -> Writing {
    let counts = services.presence.counts(of: try presenceTopic(body))
    return { writer in
      writer.number(WireField("num_clients", 1), UInt64(counts.clients))
      writer.number(WireField("num_users", 2), UInt64(counts.users))
    }
  }

  private func presenceTopic(_ body: JSONView) throws(ProtocolError) -> String {
    let topic = SubscribeRequest.topic(of: try body.needed(WireField("channel", 0)))
    guard services.authority.rules(for: topic).hasPresence else {
      throw .notAvailable("presence of '\(topic)'; the configuration's \"presence\" turns it on")
    }
    return topic
  }

  /// The channels that somebody reads, by a pattern in which `*` stands for anything.
  func channels(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let pattern = try body.text(WireField("pattern", 0)).map { ChannelPattern.wildcard($0) }
    let found = await readers().filter { pattern?.matches($0.key) ?? true }
    guard found.count <= Self.maximumChannels else {
      throw .limitExceeded("\(found.count) channels; give a narrower 'pattern'")
    }
    let named = found.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    return { writer in
      writer.map(WireField("channels", 1), named) { writer, count in
        writer.number(WireField("num_clients", 1), UInt64(count))
      }
    }
  }

  // MARK: Subscriptions

  func subscribe(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let target = try target(body)
    var request = SubscribeRequest(channel: try body.needed(WireField("channel", 0)))
    if let since = try body.message(WireField("recover_since", 0)) {
      request.recover = (
        try since.text(WireField("epoch", 0)) ?? "", try since.number(WireField("offset", 0)) ?? 0
      )
    }
    // It is refused here where it would be there, whoever is connected.
    _ = try topic(request.channel)
    let granted = GrantedSubscription(
      channel: request.channel,
      info: try body.encoded("info")?.bytes,
      data: try body.encoded("data")?.bytes,
      overrides: try overrides(body)
    )
    let wanted = request
    _ = await reach.gather { shard in
      for session in shard.webSockets(target) { session.subscribe(wanted, granted: granted) }
    }
    return { _ in }
  }

  private func overrides(_ body: JSONView) throws(ProtocolError) -> [String: Bool] {
    var overrides: [String: Bool] = [:]
    for (name, option) in try body.map(WireField("override", 0)) {
      overrides[name] = try option.truth(WireField("value", 0))
    }
    return overrides
  }

  func unsubscribe(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let target = try target(body)
    let channel = try body.needed(WireField("channel", 0))
    _ = await reach.gather { shard in
      for session in shard.webSockets(target) {
        session.endSubscription(channel, telling: .server)
        session.connection.flush()
      }
    }
    return { _ in }
  }

  // MARK: Connections

  func disconnect(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let target = try target(body)
    var (code, reason) = (CloseCode.forced.rawValue, CloseCode.forced.text)
    if let given = try body.message(WireField("disconnect", 0)) {
      let number = try given.number(WireField("code", 0)) ?? UInt64(code)
      guard (3_000...4_999).contains(number) else {
        throw .badRequest("'disconnect.code' is not from 3000 to 4999")
      }
      code = UInt16(number)
      reason = try given.text(WireField("reason", 0)) ?? reason
    }
    let (number, text) = (code, reason)
    _ = await reach.gather { shard in
      for session in shard.webSockets(target) {
        session.close(code: number, reason: text)
        session.connection.flush()
      }
    }
    return { _ in }
  }

  func refresh(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let target = try target(body)
    let isExpired = try body.truth(WireField("expired", 0))
    // 0 is for ever, as nothing is.
    let seconds = try body.number(WireField("expire_at", 0)) ?? 0
    guard seconds <= 253_402_300_799 else {
      throw .badRequest("'expire_at' is beyond the year 9999")
    }
    let expiry = seconds == 0 ? nil : Timestamp(milliseconds: Int64(seconds) * 1_000)
    _ = await reach.gather { shard in
      for session in shard.webSockets(target) {
        if isExpired { session.close(.expired) } else { session.prolong(until: expiry) }
        session.connection.flush()
      }
    }
    return { _ in }
  }
}

extension SessionTarget {
  /// Everybody.
  static let all = SessionTarget(user: nil)

  private init(user: String?) { (self.user, client, kept) = (user, nil, []) }

  init(user: String, client: String?, kept: Set<String>) {
    (self.user, self.client, self.kept) = (user, client, kept)
  }
}
