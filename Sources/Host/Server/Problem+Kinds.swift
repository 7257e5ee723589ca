// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

extension Problem {
  static func notFound(_ path: String) -> Problem {
    Problem(404, "Not found", "there is nothing at '\(path)'", remedy: "see / and /v1/topics")
  }

  static func noTopic(_ name: String) -> Problem {
    Problem(
      404,
      "No such topic",
      "there is no topic '\(name)' yet",
      remedy: "publish to it or subscribe to it: that makes it",
      field: "topic"
    )
  }

  static func methodNotAllowed(_ method: String, allows methods: String) -> Problem {
    var problem = Problem(
      405,
      "Method not allowed",
      "\(method) is not possible here",
      remedy: "use \(methods)"
    )
    problem.allows = methods
    return problem
  }

  static func tooLarge(limit: Int) -> Problem {
    Problem(
      413,
      "Body too large",
      "the body has more than \(limit) bytes",
      remedy: "send it in parts, or as NDJSON (application/x-ndjson), which is streamed",
      field: "body"
    )
  }

  static let requestTimeout = Problem(
    408,
    "Request timeout",
    "the request did not arrive in time",
    remedy: "send it without long pauses"
  )

  static let tooManyConnections = Problem(
    503,
    "Too many connections",
    "the server has as many connections as it may",
    remedy: "try again later, or raise \"maximumConnections\"",
    retryAfter: 1
  )

  static let tooManyOfAddress = Problem(
    503,
    "Too many connections of one address",
    "your address has as many connections as it may",
    remedy: "close some, or raise \"maximumConnectionsPerAddress\"",
    retryAfter: 1
  )

  static let tooMuchHeld = Problem(
    503,
    "Too much at once",
    "the server holds as much for its peers as it may",
    remedy: "try again later, or raise \"maximumHeldBytes\"",
    retryAfter: 1
  )

  static let answerTooLarge = Problem(
    500,
    "Answer too large",
    "the answer exceeds what may wait for one connection",
    remedy: "ask for less at once, or raise \"maximumOutboundBytes\""
  )

  /// A streamed body that a slow consumer held back for too long.
  static let heldTooLong = Problem(.withdrawn)

  /// A publish that the disk has not taken in time: what becomes of it is not known.
  static let storedTooLong = Problem(
    504,
    "Not stored in time",
    "the disk has not stored the publish yet, and may still do so",
    remedy: "repeat it with the same Idempotency-Key: it is stored once"
  )

  /// A part of a streamed body that the disk has not taken in time.
  static let partStoredTooLong = Problem(
    504,
    "Not stored in time",
    "the disk has not stored the part behind what is told as accepted, and may still do so",
    remedy: "look at the newest events of the topic before you send the rest"
  )

  /// A change that the disk has not taken in time.
  static let changedTooLong = Problem(
    504,
    "Not stored in time",
    "the disk has not stored the change yet, and may still do so",
    remedy: "look whether it is there before you ask for it again"
  )

  /// Something that the disk has not given in time.
  static let readTooLong = Problem(
    504,
    "Not read in time",
    "the disk has not given what was asked for yet",
    remedy: "try again later"
  )

  /// A streamed body that the end of the server cuts short.
  static let shuttingDown = Problem(.closed)

  /// A name that no topic can have, or may have here.
  init(_ refusal: TopicDirectory.Refusal) {
    switch refusal {
    case .name:
      self.init(
        400,
        "Bad topic name",
        refusal.description,
        remedy: "use 1 to 255 bytes without spaces, control characters, '?', '*' or a leading '_'",
        field: "topic"
      )
    case .notAllowed:
      self.init(
        403,
        "Topic not allowed",
        refusal.description,
        remedy: "add it to \"topics\" in the configuration",
        field: "topic"
      )
    case .tooMany:
      self.init(
        503,
        "Too many topics",
        refusal.description,
        remedy: "use fewer topics, or raise \"maximumTopics\"",
        field: "topic"
      )
    }
  }

  /// A publish that was refused.
  init(_ error: PublishError) {
    switch error {
    case .tooLarge:
      self.init(
        413,
        "Publish too large",
        error.description,
        remedy:
          "send it in parts, or as NDJSON (application/x-ndjson), which is streamed, or raise "
          + "\"maximumCount\" or \"maximumBytes\" of the topic",
        field: "body"
      )
    case .closed:
      self.init(503, "Shutting down", error.description, remedy: "try again in a moment")
      retryAfter = 1
    case .tooManyHeld, .withdrawn:
      self.init(
        503,
        "Held back",
        error.description,
        remedy: "try again: nothing of this request was stored"
      )
      retryAfter = 1
    case .keyReused:
      self = .keyReused(error.description)
    case .invalidKey:
      self.init(
        400,
        "Invalid key",
        error.description,
        remedy: "use a shorter key",
        field: "Idempotency-Key"
      )
    case .notStored(let error): self.init(error)
    }
  }

  private static func keyReused(_ detail: String) -> Problem {
    Problem(
      422,
      "Key reused",
      detail,
      remedy: "use a new key for other events",
      field: "Idempotency-Key"
    )
  }

  /// What a topic's journal could not do.
  init(_ error: JournalError) {
    switch error.kind {
    case .unavailable:
      self.init(
        503,
        "Storage unavailable",
        error.description,
        remedy: "try again later: nothing was acknowledged, and the server tries each second"
      )
      retryAfter = 1
    case .overloaded:
      self.init(503, "Too much to store", error.description, remedy: "try again in a moment")
      retryAfter = 1
    case .full:
      self.init(
        503,
        "Topic full",
        error.description,
        remedy: "raise its \"maximumBytes\", or let it drop its oldest with \"atLimit\""
      )
      retryAfter = 60
    case .tableUnavailable: self = .tableUnavailable(error.description)
    case .tableFull:
      self.init(
        503,
        "Table full",
        error.description,
        remedy: "delete rows, or raise \"maximumRows\" or \"maximumBytes\" of its \"table\""
      )
      retryAfter = 60
    case .notMatched:
      self.init(
        412,
        "Row has changed",
        error.description,
        remedy: "read the row, decide again, and send the ETag that it has now",
        field: "If-Match"
      )
    case .keyReused: self = .keyReused(error.description)
    case .tooLarge:
      self.init(
        413,
        "Publish too large",
        error.description,
        remedy: "send it in parts, or as NDJSON (application/x-ndjson), which is streamed",
        field: "body"
      )
    case .closed:
      self.init(503, "Shutting down", error.description, remedy: "try again in a moment")
      retryAfter = 1
    case .doubtful:
      self.init(
        504,
        "Not known whether stored",
        error.description,
        remedy: "look whether it is there, or repeat it with the same Idempotency-Key"
      )
    }
  }
}
