// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

/// Finds the one ``FrameLog`` of a topic and format, for all loops; forgets those nobody reads.
public final class FrameLogStore: Sendable {
  /// Which log of a topic.
  private struct Key: Hashable {
    let format: WireFormat
    /// The object that is the filter, which the log keeps alive.
    var filter: ObjectIdentifier?

    var isView: Bool { filter == nil && format.isView }
  }

  private struct Slot {
    weak var log: FrameLog?
    /// What the logs of all filters of a format share, in the slot without a filter.
    weak var wanted: WantedFrames?

    var isUsed: Bool { log != nil || wanted != nil }
  }

  private struct State {
    /// By topic, then by format.
    var slots: [ObjectIdentifier: [Key: Slot]] = [:]
    var makesUntilSweep = 64

    /// Forgets what nobody reads, once as many logs were made as there are.
    mutating func sweepIfDue() {
      makesUntilSweep -= 1
      guard makesUntilSweep <= 0 else { return }
      slots = slots.compactMapValues { logs in
        let used = logs.filter(\.value.isUsed)
        return used.isEmpty ? nil : used
      }
      makesUntilSweep = max(64, slots.values.reduce(0) { $0 + $1.count })
    }
  }

  private let counter = EncodedCounter()
  private let compressor = FrameCompressor()
  private let filters = FilterCatalog()
  private let state = Mutex(State())

  /// Makes an empty store; one is shared by all loops of a server.
  public init() {}

  func log(_ topic: Topic<Event>, _ format: WireFormat) -> FrameLog {
    let key = ObjectIdentifier(topic)
    return state.withLock { state in
      let place = Key(format: format)
      if let log = state.slots[key]?[place]?.log, log.topic === topic { return log }
      var logs = (state.slots[key] ?? [:]).filter(\.value.isUsed)
      if format.isView,
        logs.count(where: { $0.key.isView && $0.value.log != nil })
          >= FanOutLimits.keptViews
      {
        return FrameLog(topic, format, keepsFrames: false)
      }
      let log = FrameLog(topic, format, counter: counter, compressor: compressor)
      logs[place, default: Slot()].log = log
      state.slots[key] = logs
      state.sweepIfDue()
      return log
    }
  }

  /// The log of what a filter lets through, which is one object for all that say the same.
  func log(_ topic: Topic<Event>, _ format: WireFormat, where filter: EventFilter) -> FrameLog {
    let key = ObjectIdentifier(topic)
    let place = Key(format: format, filter: ObjectIdentifier(filter))
    return state.withLock { state in
      if let log = state.slots[key]?[place]?.log, log.topic === topic, log.filter === filter {
        return log
      }
      // Clients name views as they like: those encode for themselves.
      guard !format.isView else {
        let log = FrameLog(
          topic,
          format,
          where: filter,
          nil,
          counter: counter,
          compressor: compressor
        )
        state.slots[key, default: [:]][place] = Slot(log: log)
        state.sweepIfDue()
        return log
      }
      let shared = Key(format: format)
      // It is alive only while a log holds it, and with that its topic.
      let frames =
        state.slots[key]?[shared]?.wanted
        ?? WantedFrames(format, counter: counter, compressor: compressor)
      state.slots[key, default: [:]][shared, default: Slot()].wanted = frames
      let log = FrameLog(
        topic,
        format,
        where: filter,
        frames,
        counter: counter,
        compressor: compressor
      )
      state.slots[key, default: [:]][place] = Slot(log: log)
      state.sweepIfDue()
      return log
    }
  }

  /// The filter in use that says the same, so that all who ask for it share one.
  func shared(_ filter: EventFilter) -> EventFilter { filters.shared(filter) }

  /// How many entries were encoded for everybody since the server began.
  public var encodedCount: UInt64 { counter.count }
  /// How many of them were compressed, once for all sessions: for WebSockets with windows of one
  /// size, and for event streams.
  public var compressedCount: (webSocket: UInt64, eventStream: UInt64) {
    (compressor.messageCount, compressor.blockCount)
  }
}
