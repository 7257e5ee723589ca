// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// Whether somebody has come or gone.
enum PresenceNews: String {
  case join, leave
}

extension ClientInfo {
  /// What is told of the client, as it stands in the channel's topic of news.
  func event(_ news: PresenceNews) -> Event {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("user", user)
    writer.member("client", client)
    for (name, json) in [("conn_info", connection), ("chan_info", channel)] {
      guard let json else { continue }
      writer.name(name)
      writer.raw(json)
    }
    writer.endObject()
    return Event(data: writer.bytes, type: news.rawValue)
  }

  /// Reads what ``event(_:)`` wrote.
  init?(_ event: Event) {
    guard let view = JSONView(validated: event.data), let user = view["user"]?.string,
      let client = view["client"]?.string
    else { return nil }
    self.init(
      user: user,
      client: client,
      connection: view["conn_info"]?.text,
      channel: view["chan_info"]?.text
    )
  }

  /// The push that tells of it.
  static func push(_ event: Event) -> ServerPush? {
    guard let info = ClientInfo(event), let news = PresenceNews(rawValue: event.type) else {
      return nil
    }
    return news == .join ? .join(info) : .leave(info)
  }
}
