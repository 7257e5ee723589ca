// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// The methods of the server itself that clients call by `rpc`.
///
/// `weir.time` tells the server's clock; `weir.topic`, with `{"topic":NAME}`, where its log stands.
struct ServerCalls: RemoteCalls {
  let topics: TopicDirectory
  let authority: any ClientAuthority

  func call(
    _ method: String,
    _ data: [UInt8]?,
    by identity: ClientIdentity
  ) async throws(RemoteCallFailure) -> [UInt8] {
    switch method {
    case "weir.time":
      return Self.object { $0.member("time", UInt64(topics.clock.now.milliseconds)) }
    case "weir.topic": return try topic(data, identity)
    default: throw .notFound
    }
  }

  private func topic(
    _ data: [UInt8]?,
    _ identity: ClientIdentity
  ) throws(RemoteCallFailure) -> [UInt8] {
    let view = data.flatMap { try? JSONView.parse($0) }
    guard let name = view?["topic"]?.string else {
      throw .badRequest(#"give {"topic":NAME}"#)
    }
    let access = ClientAccess(authority: authority, identity: identity)
    guard access.permissions(for: name).contains(.history) else { throw .denied }
    guard let topic = topics.existing(name) else {
      throw .badRequest("there is no topic '\(name)'")
    }
    let statistics = topic.statistics
    return Self.object { writer in
      writer.member("topic", name)
      writer.member("epoch", "\(topic.epoch)")
      writer.member("firstOffset", statistics.firstOffset)
      writer.member("lastOffset", statistics.lastOffset)
    }
  }

  private static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    body(&writer)
    writer.endObject()
    return writer.bytes
  }
}
