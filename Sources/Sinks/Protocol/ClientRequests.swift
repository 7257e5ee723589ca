// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// How a client introduces itself.
struct ConnectRequest: Sendable {
  /// Says who it is; empty for somebody who can't.
  let token: String
  /// Subscriptions of the server's making that it had before, to be recovered.
  let subscriptions: [SubscribeRequest]

  /// Somebody who says nothing of themselves here.
  init() { (token, subscriptions) = ("", []) }

  init(_ view: some WireView) throws(ProtocolError) {
    token = try view.text(WireField("token", 1)) ?? ""
    var requests: [SubscribeRequest] = []
    for (channel, value) in try view.map(WireField("subs", 3)) {
      requests.append(try SubscribeRequest(value, channel: channel))
    }
    subscriptions = requests
  }
}

/// A subscription as a client asks for it.
struct SubscribeRequest: Sendable {
  /// The channel as the client names it: a topic, perhaps with `?` and the name of a view.
  let channel: String
  /// The topic that is read.
  let topic: String
  /// Says that it may; empty for none.
  var token = ""
  /// Where to go on, if the client was there before.
  var recover: (epoch: String, offset: Offset)?
  /// Whether an unrecoverable position is to be an error.
  var failsUnrecovered = false
  /// Whether gaps are to be told as publications.
  var wantsGaps = false
  /// Whether it wants to be told who comes and goes.
  var wantsJoins = false
  /// Which events it wants, by their tags; `nil` for all.
  var filter: EventFilter?
  /// What becomes of it where the client does not keep up; `nil` is as skip.
  var overrun: OverrunRequest?
  /// Whether it wants the rows of a table first.
  var wantsTable = false
  /// What the extensions of this server are asked for, unread.
  var data: JSONView?

  /// The topic that a channel shows.
  static func topic(of channel: String) -> String {
    let end = channel.utf8.firstIndex(of: UInt8(ascii: "?"))
    return end.map { String(channel[..<$0]) } ?? channel
  }

  /// A subscription of the server's making, or one that the client's address asks for.
  init(channel: String) {
    self.channel = channel
    topic = Self.topic(of: channel)
  }

  /// Reads what a client asks for; `name` is the channel, where the message does not name it.
  init(_ view: some WireView, channel name: String? = nil) throws(ProtocolError) {
    if let name { channel = name } else { channel = try view.needed(WireField("channel", 1)) }
    topic = Self.topic(of: channel)
    token = try view.text(WireField("token", 2)) ?? ""
    if try view.truth(WireField("recover", 3)) {
      recover = (
        try view.text(WireField("epoch", 6)) ?? "", try view.number(WireField("offset", 7)) ?? 0
      )
    }
    wantsJoins = try view.truth(WireField("join_leave", 11))
    failsUnrecovered = (try view.number(WireField("flag", 14)) ?? 0) & 2 != 0
    filter = try view.tagFilter(WireField("tf", 13))
    data = try view.json(WireField("data", 8))
    try SubscriptionData.check(data)
    wantsGaps = data?["gaps"]?.bool ?? false
    if let view = data?["table"] { try readTable(view) }
    if let view = data?["overrun"] { overrun = try OverrunRequest(view) }
    if case .hold = overrun, data?["pipe"] == nil {
      throw .badRequest(
        #"'overrun.policy' hold goes with 'pipe'; [{"filter":"true"}] lets everything through"#
      )
    }
  }
}

extension SubscribeRequest {
  /// Reads whether the rows of a table are wanted, which go with nothing that leaves changes out.
  private mutating func readTable(_ view: JSONView) throws(ProtocolError) {
    guard let truth = view.bool else { throw .badRequest("'data.table' is not true or false") }
    wantsTable = truth
    guard truth else { return }
    if filter != nil {
      throw .badRequest(
        "'tf' does not go with 'data.table': it would let no deletion through, nor that a row is another"
          + " now; subscribe without 'tf', or use a table for each"
      )
    }
    if wantsGaps {
      throw .badRequest(
        "'data.gaps' does not go with 'data.table': what is lost of a table is made good by its rows, which"
          + " come when the client subscribes anew"
      )
    }
    if data?["pipe"] != nil {
      throw .badRequest(
        "'data.pipe' does not go with 'data.table': what a chain makes of changes is no table; leave one"
          + " of them out"
      )
    }
  }
}

/// A page of what was published, as a client asks for it.
struct HistoryRequest: Sendable {
  let channel: String
  /// The most publications; 0 for none, only the position is wanted; below 0 as many as there may
  /// be.
  let limit: Int64
  /// Behind which the page begins, in its direction; `nil` for the end that the direction begins at.
  let since: (epoch: String, offset: Offset)?
  /// Whether the newest come first.
  let isReverse: Bool

  init(_ view: some WireView) throws(ProtocolError) {
    channel = try view.needed(WireField("channel", 1))
    limit = try view.integer(WireField("limit", 7)) ?? 0
    isReverse = try view.truth(WireField("reverse", 9))
    since = try view.message(WireField("since", 8)).map { (place) throws(ProtocolError) in
      (
        try place.text(WireField("epoch", 2)) ?? "",
        try place.number(WireField("offset", 1)) ?? 0
      )
    }
  }
}
