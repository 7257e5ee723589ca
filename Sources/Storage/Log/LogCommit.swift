// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What one publish appends to a topic.
public struct LogAppend: Sendable {
  /// The topic, opened before.
  public var topic: TopicID
  /// The entries, encoded by the caller; they get consecutive offsets.
  public var payloads: [[UInt8]]
  /// Marks that stand behind these entries.
  public var marks: [Mark]
  /// The instant of all of them; a topic's instants never decrease, so a later one may take its place.
  public var appended: Timestamp
  /// An idempotency key of 1 to 255 bytes, or `nil`.
  public var key: String?
  /// What the row of its one entry must be, where the topic's table is open; `nil` for anything.
  public var condition: RowCondition?

  /// Makes an append of at least an entry or a mark.
  public init(
    _ payloads: [[UInt8]],
    to topic: TopicID,
    marks: [Mark] = [],
    appended: Timestamp,
    key: String? = nil
  ) {
    precondition(!payloads.isEmpty || !marks.isEmpty, "an append has at least an entry or a mark")
    self.topic = topic
    self.payloads = payloads
    self.marks = marks
    self.appended = appended
    self.key = key
  }

  /// The bytes of its entries.
  var payloadBytes: Int { payloads.reduce(0) { $0 + $1.count } }
  /// What tells its entries from others: the hash of all of them.
  var fingerprint: Int64 {
    Int64(
      bitPattern: payloads.reduce(0) { hash, payload in
        payload.withUnsafeBytes { XXHash64.hash($0, seed: hash) }
      }
    )
  }
  /// The bytes that wait with it.
  var queuedBytes: Int { payloadBytes + 64 * (payloads.count + marks.count) }
  /// What it counts for in limits of bytes.
  var weight: Int64 { payloads.reduce(0) { $0 + EntryFormat.weight($1.count) } }
}

/// A part of a pipeline's state that has changed.
public struct StateChange: Sendable {
  /// The pipeline, opened before.
  public var pipeline: PipelineID
  /// Which part, 1 to 1,024 bytes.
  public var key: [UInt8]
  /// Its new value; `nil` if it is gone.
  public var value: [UInt8]?

  /// Makes a change.
  public init(_ value: [UInt8]?, for key: [UInt8], of pipeline: PipelineID) {
    self.pipeline = pipeline
    self.key = key
    self.value = value
  }
}

/// Names a pipeline within its database.
public struct PipelineID: Hashable, Sendable {
  let rawValue: Int64
}

/// What becomes durable together: after whatever ends the process, all of it is there or none.
public struct LogCommit: Sendable {
  /// Appends to topics, in order.
  public var appends: [LogAppend]
  /// Changes of the state of pipelines, in order.
  var states: [StateBlocks]
  /// Moves of cursors, in order.
  public var cursors: [CursorMove]

  /// Makes a commit.
  ///
  /// - Parameters:
  ///   - appends: Appends to topics, in order.
  ///   - states: Changes of the state of pipelines; of those of a part the last one counts. They are
  ///     sorted and encoded here, not on the thread that stores them.
  ///   - cursors: Moves of cursors, in order.
  public init(
    _ appends: [LogAppend],
    states: [StateChange] = [],
    cursors: [CursorMove] = []
  ) {
    self.appends = appends
    self.states = StateBlocks.make(states)
    self.cursors = cursors
  }

  /// The bytes that wait with it.
  var bytes: Int {
    let appended = appends.reduce(64 * cursors.count) { $0 + $1.queuedBytes }
    return states.reduce(appended) { $0 + $1.bytes }
  }
}

/// Where an append is.
public struct AppendReceipt: Hashable, Sendable {
  /// The life of the topic's log.
  public let epoch: Epoch
  /// The offset of the first entry; of an append of marks alone, the one the next entry gets.
  public let firstOffset: Offset
  /// The offset of the last entry.
  public let lastOffset: Offset
  /// The instant of the entries and marks.
  public let appended: Timestamp
  /// The number of the first mark; later ones follow.
  public let firstMark: UInt64
  /// Whether the key was known and nothing was appended: the offsets are those of the first publish.
  public let isRepeat: Bool
  /// The oldest offset that the topic kept then.
  public var firstKept: Offset = 1
  /// What its entries counted for then.
  public var keptBytes: Int64 = 0
}
