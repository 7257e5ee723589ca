// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

extension ServerMessage {
  /// Writes the fields of the message.
  func write(into writer: inout some WireWriter) {
    switch self {
    case .ping: break
    case .push(let channel, let push):
      writer.message(.push) { writer in
        writer.text(WireField("channel", 2), channel)
        push.write(into: &writer)
      }
    case .error(let id, let error):
      writer.number(.id, id)
      writer.message(.error) { error.write(into: &$0) }
    case .connected(let id, let connected):
      writer.reply(id, .connect) { connected.write(into: &$0) }
    case .subscribed(let id, let subscribed):
      writer.reply(id, .subscribe) { subscribed.write(into: &$0) }
    case .done(let id, let method): writer.reply(id, method) { _ in }
    case .presence(let id, let clients):
      writer.reply(id, .presence) { writer in
        writer.map(WireField("presence", 1), clients.map { ($0.client, $0.info) }) {
          $1.write(into: &$0)
        }
      }
    case .presenceStats(let id, let clients, let users):
      writer.reply(id, .presenceStats) { writer in
        writer.number(WireField("num_clients", 1), UInt64(clients))
        writer.number(WireField("num_users", 2), UInt64(users))
      }
    case .history(let id, let page): writer.reply(id, .history) { page.write(into: &$0) }
    case .rpc(let id, let data):
      writer.reply(id, .rpc) { $0.json(WireField("data", 1), data.bytes) }
    case .refreshed(let id, let client, let version, let validity):
      writer.reply(id, .refresh) { writer in
        writer.text(WireField("client", 1), client)
        writer.text(WireField("version", 2), version)
        validity.write(into: &writer, expires: 3, ttl: 4)
      }
    case .subscriptionRefreshed(let id, let validity):
      writer.reply(id, .subRefresh) { validity.write(into: &$0, expires: 1, ttl: 2) }
    }
  }
}

extension WireWriter {
  fileprivate mutating func reply(
    _ id: UInt64,
    _ method: WireMethod,
    _ body: (inout Self) -> Void
  ) {
    number(.id, id)
    message(method.reply, body)
  }
}

extension ServerPush {
  func write(into writer: inout some WireWriter) {
    switch self {
    case .publication(let entry):
      writer.message(WireField("pub", 4)) { entry.write(into: &$0) }
    case .gap(let gap):
      writer.message(WireField("pub", 4)) { writer in
        writer.json(WireField("data", 4), Array("null".utf8))
        writer.number(WireField("offset", 6), gap.to)
        writer.texts(WireField("tags", 7), [("weir-gap", "\(gap.from)-\(gap.to)")])
      }
    case .join(let client):
      writer.message(WireField("join", 5)) { $0.message(.info) { client.write(into: &$0) } }
    case .leave(let client):
      writer.message(WireField("leave", 6)) { $0.message(.info) { client.write(into: &$0) } }
    case .unsubscribe(let reason):
      writer.message(WireField("unsubscribe", 7)) { writer in
        writer.number(WireField("code", 2), UInt64(reason.rawValue))
        writer.text(WireField("reason", 3), reason.text)
      }
    case .subscribe(let subscribed):
      writer.message(WireField("subscribe", 9)) { writer in
        writer.truth(WireField("recoverable", 1), true)
        writer.text(WireField("epoch", 4), subscribed.epoch)
        writer.number(WireField("offset", 5), subscribed.offset)
        writer.truth(WireField("positioned", 6), true)
        if let data = subscribed.data { writer.json(WireField("data", 7), data) }
      }
    case .refresh(let validity):
      writer.message(WireField("refresh", 12)) { validity.write(into: &$0, expires: 1, ttl: 2) }
    }
  }
}

extension ProtocolError {
  func write(into writer: inout some WireWriter) {
    writer.number(.code, UInt64(code))
    writer.text(.message, message)
    if isTemporary { writer.truth(.temporary, true) }
  }
}

extension Validity {
  func write(into writer: inout some WireWriter, expires: Int, ttl: Int) {
    guard let seconds else { return }
    writer.truth(WireField("expires", expires), true)
    writer.number(WireField("ttl", ttl), seconds)
  }
}

extension ClientInfo {
  func write(into writer: inout some WireWriter) {
    writer.text(.user, user)
    writer.text(.client, client)
    if let connection { writer.json(.connInfo, connection) }
    if let channel { writer.json(.chanInfo, channel) }
  }
}

extension Connected {
  func write(into writer: inout some WireWriter) {
    writer.text(WireField("client", 1), client)
    writer.text(WireField("version", 2), version)
    validity.write(into: &writer, expires: 3, ttl: 4)
    if !subscriptions.isEmpty {
      writer.map(WireField("subs", 6), subscriptions) { $1.write(into: &$0) }
    }
    writer.number(WireField("ping", 7), pingSeconds)
    writer.truth(WireField("pong", 8), true)
    writer.text(WireField("session", 9), client)
    writer.number(WireField("time", 11), UInt64(max(0, time.milliseconds)))
  }
}

extension Subscribed {
  func write(into writer: inout some WireWriter) {
    validity.write(into: &writer, expires: 1, ttl: 2)
    writer.truth(WireField("recoverable", 3), true)
    writer.truth(WireField("positioned", 10), true)
    writer.text(WireField("epoch", 6), epoch)
    writer.number(WireField("offset", 9), offset)
    if let recovered {
      writer.truth(WireField("was_recovering", 12), true)
      writer.truth(WireField("recovered", 8), recovered)
    }
    if let data { writer.json(WireField("data", 11), data) }
    guard !publications.isEmpty else { return }
    writer.messages(WireField("publications", 7), publications) { $1.write(into: &$0) }
  }
}

extension HistoryPage {
  func write(into writer: inout some WireWriter) {
    writer.messages(WireField("publications", 1), publications) { $1.write(into: &$0) }
    writer.text(WireField("epoch", 2), epoch)
    writer.number(WireField("offset", 3), offset)
  }
}

extension EventEntry {
  /// Writes a publication: data, offset and the attributes that the publisher gave.
  func write(into writer: inout some WireWriter) {
    let data = WireField("data", 4)
    if let deletedKey {
      writer.json(data, Array("null".utf8))
      writer.number(WireField("offset", 6), offset)
      writer.texts(WireField("tags", 7), event.shownTags + [("weir-deleted", deletedKey)])
      return
    }
    writer.data(data, of: event)
    writer.number(WireField("offset", 6), offset)
    if event.hasAttributes { writer.texts(WireField("tags", 7), event.shownTags) }
  }
}

extension Event {
  /// The event's tags, and what else its publisher has set.
  var shownTags: [(name: String, value: String)] {
    var shown = tags.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    if let givenType { shown.append(("type", givenType)) }
    if let id { shown.append(("id", id)) }
    if let subject { shown.append(("subject", subject)) }
    if let time { shown.append(("time", RFC3339.format(milliseconds: time.milliseconds))) }
    return shown
  }
}
