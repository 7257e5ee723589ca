// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

/// Finds the one ``FrameLog`` of a topic and format, for all loops; forgets those nobody reads.
public final class FrameLogStore: Sendable {
  private struct Slot {
    weak var log: FrameLog?
  }

  private struct State {
    /// By topic, then by format.
    var slots: [ObjectIdentifier: [WireFormat: Slot]] = [:]
    var makesUntilSweep = 64

    /// Forgets what nobody reads, once as many logs were made as there are.
    mutating func sweepIfDue() {
      makesUntilSweep -= 1
      guard makesUntilSweep <= 0 else { return }
      slots = slots.compactMapValues { logs in
        let used = logs.filter { $0.value.log != nil }
        return used.isEmpty ? nil : used
      }
      makesUntilSweep = max(64, slots.values.reduce(0) { $0 + $1.count })
    }
  }

  private let counter = EncodedCounter()
  private let compressor = FrameCompressor()
  private let state = Mutex(State())

  /// Makes an empty store; one is shared by all loops of a server.
  public init() {}

  func log(_ topic: Topic<Event>, _ format: WireFormat) -> FrameLog {
    let key = ObjectIdentifier(topic)
    return state.withLock { state in
      if let log = state.slots[key]?[format]?.log, log.topic === topic { return log }
      var logs = (state.slots[key] ?? [:]).filter { $0.value.log != nil }
      if format.isView, logs.keys.count(where: \.isView) >= FanOutLimits.keptViews {
        return FrameLog(topic, format, keepsFrames: false)
      }
      let log = FrameLog(topic, format, counter: counter, compressor: compressor)
      logs[format] = Slot(log: log)
      state.slots[key] = logs
      state.sweepIfDue()
      return log
    }
  }

  /// How many entries were encoded for everybody since the server began.
  public var encodedCount: UInt64 { counter.count }
  /// How many of them were compressed, once for all sessions: for WebSockets with windows of one
  /// size, and for event streams.
  public var compressedCount: (webSocket: UInt64, eventStream: UInt64) {
    (compressor.messageCount, compressor.blockCount)
  }
}
