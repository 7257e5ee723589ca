// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

/// Finds the one ``FrameLog`` of a topic and format, for all loops; forgets those nobody reads.
public final class FrameLogStore: Sendable {
  private struct Key: Hashable {
    let topic: ObjectIdentifier
    let format: WireFormat
  }

  private struct Slot {
    weak var log: FrameLog?
  }

  private struct State {
    var slots: [Key: Slot] = [:]
    var sweepAt = 64
  }

  private let state = Mutex(State())

  /// Makes an empty store; one is shared by all loops of a server.
  public init() {}

  func log(_ topic: Topic<Event>, _ format: WireFormat) -> FrameLog {
    let key = Key(topic: ObjectIdentifier(topic), format: format)
    return state.withLock { state in
      if let log = state.slots[key]?.log, log.topic === topic { return log }
      let log = FrameLog(topic, format)
      state.slots[key] = Slot(log: log)
      if state.slots.count > state.sweepAt {
        state.slots = state.slots.filter { $0.value.log != nil }
        state.sweepAt = max(64, state.slots.count * 2)
      }
      return log
    }
  }

  /// How many entries were encoded for everybody, by the logs that are in use.
  public var encodedCount: UInt64 {
    let logs = state.withLock { $0.slots.values.compactMap(\.log) }
    return logs.reduce(0) { $0 + $1.encodedCount }
  }
}
