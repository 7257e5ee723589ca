// SPDX-License-Identifier: Apache-2.0
public import Codecs
import Streams

/// What programs beside the server have it do, in the shape of Centrifugo's server API.
///
/// Every call has a name and a JSON object, and is answered with `{"result":…}` or
/// `{"error":{"code","message"}}`, the codes being those of the client protocol; in a batch the name
/// of the call stands in place of `result`.
public final class ServerAPI: Sendable {
  /// The largest body of a call.
  public static let maximumBytes = 4 << 20
  /// The most calls of a batch, and channels of a broadcast.
  static let maximumParts = 1_000
  /// The most channels that are listed.
  static let maximumChannels = 10_000

  let services: ClientServices
  let reach: SessionReach
  private let startedAt: Timestamp

  /// Makes the API of a server.
  ///
  /// - Parameters:
  ///   - services: Topics and who is where.
  ///   - reach: Reaches the sessions.
  public init(services: ClientServices, reach: SessionReach) {
    (self.services, self.reach) = (services, reach)
    startedAt = services.directory.clock.now
  }

  /// Does what a call asks for.
  ///
  /// - Parameters:
  ///   - method: The call's name.
  ///   - body: Its object.
  /// - Returns: The answer as JSON text.
  public func call(_ method: String, _ body: JSONView) async -> [UInt8] {
    if method == "batch" { return await batch(body) }
    return await JSONWireWriter.bytes(answer(method, body, as: "result"))
  }

  /// One answer, to be written.
  typealias Writing = (inout JSONWireWriter) -> Void

  /// An answer: what came of it under a name, or the error.
  private func answer(_ method: String, _ body: JSONView, as name: String) async -> Writing {
    do throws(ProtocolError) {
      guard body.kind == .object else { throw .badRequest("the body is not an object") }
      let result = try await result(method, body)
      return { $0.message(WireField(name, 1), result) }
    } catch {
      return { $0.message(.error) { error.write(into: &$0) } }
    }
  }

  private func result(_ method: String, _ body: JSONView) async throws(ProtocolError) -> Writing {
    switch method {
    case "publish": try await publish(body)
    case "broadcast": try await broadcast(body)
    case "subscribe": try await subscribe(body)
    case "unsubscribe": try await unsubscribe(body)
    case "disconnect": try await disconnect(body)
    case "refresh": try await refresh(body)
    case "presence": try presence(body)
    case "presence_stats": try presenceStats(body)
    case "history": try await history(body)
    case "history_remove": try removeHistory(body)
    case "channels": try await channels(body)
    case "info": await info()
    default: throw .methodNotFound(method)
    }
  }

  /// Does several calls one after the other, whatever becomes of each.
  ///
  /// `parallel` changes nothing: a call takes no time that others could use.
  private func batch(_ body: JSONView) async -> [UInt8] {
    let commands = body["commands"]?.elements ?? []
    guard commands.count <= Self.maximumParts else {
      let error = ProtocolError.limitExceeded("\(Self.maximumParts) commands")
      return JSONWireWriter.bytes { $0.message(.error) { error.write(into: &$0) } }
    }
    var replies: [Writing] = []
    for command in commands {
      var call: (name: String, body: JSONView)?
      command.forEachMember { name, value in call = call ?? (name, value) }
      guard let call else { continue }
      replies.append(await answer(call.name, call.body, as: call.name))
    }
    return JSONWireWriter.bytes { writer in
      writer.messages(WireField("replies", 1), replies) { writer, write in write(&writer) }
    }
  }

  // MARK: What all have in common

  /// The topic of a channel; made if there is none.
  func topic(_ channel: String) throws(ProtocolError) -> Topic<Event> {
    do throws(TopicDirectory.Refusal) {
      return try services.directory.topic(SubscribeRequest.topic(of: channel))
    } catch {
      throw ProtocolError(error)
    }
  }

  /// The topic of a channel, if there is one: asking makes none.
  func existing(_ channel: String) throws(ProtocolError) -> Topic<Event>? {
    let name = SubscribeRequest.topic(of: channel)
    do throws(TopicName.Violation) { try TopicName.check(name) } catch {
      throw .badRequest(error.description)
    }
    return services.directory.existing(name)
  }

  /// The sessions that a call is about.
  func target(_ body: JSONView) throws(ProtocolError) -> SessionTarget {
    // The session's name is the client's.
    var client = try body.text(WireField("client", 0))
    if client == nil { client = try body.text(WireField("session", 0)) }
    let kept = try body.texts(WireField("whitelist", 0))
    return SessionTarget(
      user: try body.needed(WireField("user", 0)),
      client: client,
      kept: Set(kept)
    )
  }

  func info() async -> Writing {
    let counts = await reach.gather { shard in
      let sessions = shard.webSockets(.all)
      return (sessions.count, sessions.reduce(0) { $0 + $1.subscriptions.count })
    }
    let users = await reach.gather { shard in
      Set(shard.webSockets(.all).map(\.access.identity.user))
    }
    let userCount = users.reduce(into: Set<String>()) { $0.formUnion($1) }.count
    let clock = services.directory.clock
    let uptime = UInt64(max(0, clock.now.milliseconds - startedAt.milliseconds)) / 1_000
    let channels = await readers().count
    let version = services.settings.version
    return { writer in
      writer.messages(WireField("nodes", 1), [()]) { writer, _ in
        writer.text(WireField("uid", 1), "weir")
        writer.text(WireField("name", 2), "weir")
        writer.text(WireField("version", 3), version)
        writer.number(WireField("num_clients", 4), UInt64(counts.reduce(0) { $0 + $1.0 }))
        writer.number(WireField("num_subs", 5), UInt64(counts.reduce(0) { $0 + $1.1 }))
        writer.number(WireField("num_users", 6), UInt64(userCount))
        writer.number(WireField("num_channels", 7), UInt64(channels))
        writer.number(WireField("uptime", 8), uptime)
      }
    }
  }

  /// How many sessions read each channel.
  func readers() async -> [String: Int] {
    await reach.gather(\.readerCounts).reduce(into: [:]) { all, counts in
      all.merge(counts) { $0 + $1 }
    }
  }
}
