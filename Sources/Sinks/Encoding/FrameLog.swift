// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Synchronization

/// The newest entries of a topic in one wire format, encoded once and shared by all loops.
final class FrameLog: Sendable {
  /// A stretch of encoded entries.
  struct Slice {
    var frames: [[UInt8]] = []
    /// What each of them holds; empty unless they are gzip.
    var checksums: [GzipChecksum] = []
    /// Their offsets; empty where one follows the other.
    var offsets: [Offset] = []
    /// The offset behind the last frame.
    var next: Offset
    /// What was gone before the first frame.
    var gap: Gap?
  }

  private struct State {
    /// Frames of consecutive offsets from `base` on.
    var frames: [[UInt8]] = []
    /// What each of them holds; empty unless they are gzip.
    var checksums: [GzipChecksum] = []
    var base: Offset = 0
    var bytes = 0
    /// Frames at the front that are beyond the bounds and wait to be dropped, and their bytes.
    var surplus = 0
    var surplusBytes = 0

    var end: Offset { base + Offset(frames.count) }

    mutating func restart(at offset: Offset) {
      frames.removeAll()
      checksums.removeAll()
      (bytes, surplus, surplusBytes) = (0, 0, 0)
      base = offset
    }

    mutating func append(_ frame: EncodedFrame) {
      frames.append(frame.bytes)
      if let checksum = frame.checksum { checksums.append(checksum) }
    }

    /// Drops what is beyond the bounds, but none of the newest `added` frames.
    mutating func trim(keepingLast added: Int) {
      while isBeyondBounds, surplus < frames.count - added {
        surplusBytes += frames[surplus].count
        surplus += 1
      }
      // In steps, so that moving the rest is shared by many entries.
      guard surplus >= 256 || bytes - surplusBytes < bytes / 2 else { return }
      frames.removeFirst(surplus)
      if !checksums.isEmpty { checksums.removeFirst(surplus) }
      base += Offset(surplus)
      bytes -= surplusBytes
      (surplus, surplusBytes) = (0, 0)
    }

    /// Whether what is not to be dropped yet exceeds a bound.
    private var isBeyondBounds: Bool {
      frames.count - surplus > FrameLog.maximumFrames
        || bytes - surplusBytes > FrameLog.maximumBytes
    }
  }

  /// Entries kept in encoded form; a session further behind pays for encoding what it reads.
  static let maximumFrames = 4_096
  /// Bytes kept in encoded form; up to twice as many before they are dropped in one step.
  static let maximumBytes = 4 << 20
  /// Entries encoded at once.
  static let stepFrames = 256
  /// Bytes after which encoding pauses: what is added at once never exceeds what may be kept.
  static let stepBytes = 256 << 10

  let topic: Topic<Event>
  let format: WireFormat
  /// Which entries are wanted; `nil` for all.
  let filter: EventFilter?
  /// Whether encoded entries are kept for others; if not, each reader encodes for itself.
  let keepsFrames: Bool
  /// Counts for all logs of a server, also those that are gone.
  private let counter: EncodedCounter
  private let compressor: FrameCompressor
  /// The frames of entries that somebody wants; `nil` where all are wanted.
  let wanted: WantedFrames?
  private let state = Mutex(State())

  init(
    _ topic: Topic<Event>,
    _ format: WireFormat,
    keepsFrames: Bool = true,
    counter: EncodedCounter = EncodedCounter(),
    compressor: FrameCompressor = FrameCompressor()
  ) {
    self.topic = topic
    self.format = format
    self.keepsFrames = keepsFrames
    (filter, wanted) = (nil, nil)
    self.counter = counter
    self.compressor = compressor
  }

  /// Makes the log of the entries that a filter lets through.
  init(
    _ topic: Topic<Event>,
    _ format: WireFormat,
    where filter: EventFilter,
    _ wanted: WantedFrames?,
    counter: EncodedCounter,
    compressor: FrameCompressor
  ) {
    (self.topic, self.format, self.filter, self.wanted) = (topic, format, filter, wanted)
    (self.counter, self.compressor) = (counter, compressor)
    keepsFrames = false
  }

  /// Bytes kept in encoded form now.
  var keptBytes: Int { state.withLock { $0.bytes } }
  /// How many entries were encoded for everybody.
  var encodedCount: UInt64 { counter.count }

  /// How many encoded entries are kept now.
  var keptFrameCount: Int { state.withLock { $0.frames.count } }

  /// Reads frames from `offset` on, at least one if there is any; `nil` if the topic's journal has them:
  /// then they are loaded.
  func read(
    from offset: Offset,
    maximumCount: Int,
    maximumBytes: Int,
    by evaluator: inout FilterEvaluator
  ) -> Slice? {
    if filter != nil { return readWanted(from: offset, maximumBytes, by: &evaluator) }
    guard keepsFrames else { return encodeOld(from: offset, maximumCount, maximumBytes) }
    let shared: Slice? = state.withLock { state in
      if state.frames.isEmpty || !encode(upTo: offset, &state) { state.restart(at: offset) }
      guard offset >= state.base else { return nil }
      if offset == state.end, !encodeNew(&state) { return nil }
      return Self.take(&state, from: offset, maximumCount, maximumBytes)
    }
    return shared ?? encodeOld(from: offset, maximumCount, maximumBytes)
  }

  /// Encodes what lies before `offset`, for those who are a little behind a newcomer; answers
  /// `false` if that is too much: then whoever is behind encodes for itself.
  private func encode(upTo offset: Offset, _ state: inout State) -> Bool {
    guard offset <= state.end + Offset(Self.stepFrames) else { return false }
    while state.end < offset {
      let end = state.end
      guard encodeNew(&state), state.end > end else { return false }
    }
    return true
  }

  private static func take(
    _ state: inout State,
    from offset: Offset,
    _ maximumCount: Int,
    _ maximumBytes: Int
  ) -> Slice {
    var slice = Slice(next: offset)
    var index = Int(offset - state.base)
    var bytes = 0
    while index < state.frames.count, slice.frames.count < maximumCount, bytes < maximumBytes {
      slice.frames.append(state.frames[index])
      if !state.checksums.isEmpty { slice.checksums.append(state.checksums[index]) }
      bytes += state.frames[index].count
      index += 1
    }
    slice.next = state.base + Offset(index)
    return slice
  }

  /// Encodes some of what the topic has gained and drops what is beyond the bounds; answers `false`
  /// if the topic has dropped some of it already.
  private func encodeNew(_ state: inout State) -> Bool {
    var position = Position(next: state.end, nextMark: .max)
    let found = topic.readFromMemory(from: &position, limit: Self.stepFrames)
    guard let batch = found, batch.leadingGap == nil else { return false }
    var (added, addedBytes) = (0, 0)
    batch.forEachEntry(of: topic) { entry in
      guard addedBytes < Self.stepBytes else { return }
      let frame = format.frame(entry, compressor)
      state.append(frame)
      added += 1
      addedBytes += frame.bytes.count
    }
    state.bytes += addedBytes
    counter.add(added)
    state.trim(keepingLast: added)
    return true
  }

  /// Encodes for one reader what is not, or not any more, kept in encoded form; `nil` if it is not in
  /// memory either.
  private func encodeOld(from offset: Offset, _ maximumCount: Int, _ maximumBytes: Int) -> Slice? {
    var position = Position(next: offset, nextMark: .max)
    guard let batch = topic.readFromMemory(from: &position, limit: maximumCount) else { return nil }
    return encode(batch, from: offset, maximumBytes)
  }

  /// Encodes a batch that begins at `offset`, for those alone who asked for it.
  func encode(_ batch: Batch<Event>, from offset: Offset, _ maximumBytes: Int) -> Slice {
    if filter != nil {
      var evaluator = FilterEvaluator()
      return encodeWanted(batch, from: offset, maximumBytes, by: &evaluator)
    }
    var slice = Slice(next: offset, gap: batch.leadingGap)
    if let gap = batch.leadingGap { slice.next = gap.to + 1 }
    var bytes = 0
    batch.forEachEntry(of: topic) { entry in
      guard bytes < maximumBytes else { return }
      let frame = format.frame(entry, nil)
      bytes += frame.bytes.count
      slice.frames.append(frame.bytes)
      if let checksum = frame.checksum { slice.checksums.append(checksum) }
      slice.next = entry.offset + 1
    }
    return slice
  }
}

/// Counts entries that were encoded for everybody.
final class EncodedCounter: Sendable {
  private let value = Atomic<UInt64>(0)

  var count: UInt64 { value.load(ordering: .relaxed) }

  func add(_ number: Int) {
    value.add(UInt64(number), ordering: .relaxed)
  }
}
