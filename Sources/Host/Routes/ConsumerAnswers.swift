// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams

extension JSONWriter {
  /// Writes how far a consumer has got.
  mutating func consumer(_ standing: CursorStanding) {
    let cursor = standing.cursor
    beginObject()
    member("consumer", cursor.name)
    member("topic", cursor.topic)
    member("epoch", "\(cursor.place.epoch)")
    member("offset", cursor.place.offset)
    if let lag = standing.lag { member("lag", lag) }
    if let gap = standing.gap { member("gap", gap) }
    if standing.isOfFormerLife { member("reset", true) }
    member("moved", RFC3339.format(milliseconds: cursor.moved.milliseconds))
    if let lifetime = cursor.lifetime {
      member("expires", RFC3339.format(milliseconds: (cursor.used + lifetime).milliseconds))
    }
    endObject()
  }
}

extension Problem {
  static let badConsumer = Problem(
    400,
    "Bad consumer",
    "a consumer's name has 1 to \(StorageLimits.nameBytes) bytes",
    remedy: "give it another name",
    field: "consumer"
  )

  static func noConsumer(_ name: String, _ topic: String) -> Problem {
    Problem(
      404,
      "No such consumer",
      "'\(name)' has no place in '\(topic)', or was not used for too long",
      remedy: "make it by POST /v1/topics/\(topic)/consumers/\(name)",
      field: "consumer"
    )
  }

  static func notDurable(_ topic: String) -> Problem {
    Problem(
      409,
      "Topic is not durable",
      "'\(topic)' is gone when the server ends, so no place in it is kept",
      remedy: "start the server with --durable \(topic)",
      field: "topic"
    )
  }
}
