// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

// Reading only what a filter lets through, which is judged before anything is encoded.
extension FrameLog {
  /// Entries that are looked at in one step.
  private static let scannedEntries = 256

  /// Reads the frames that are wanted and passes over the others; `nil` if the topic's journal has what
  /// comes next.
  func readWanted(
    from offset: Offset,
    _ maximumBytes: Int,
    by evaluator: inout FilterEvaluator
  ) -> Slice? {
    var position = Position(next: offset, nextMark: .max)
    let found = topic.readFromMemory(from: &position, limit: Self.scannedEntries)
    return found.map { encodeWanted($0, from: offset, maximumBytes, by: &evaluator) }
  }

  /// Encodes what is wanted of a batch that begins at `offset`.
  func encodeWanted(
    _ batch: Batch<Event>,
    from offset: Offset,
    _ maximumBytes: Int,
    by evaluator: inout FilterEvaluator
  ) -> Slice {
    var slice = Slice(next: offset, gap: batch.leadingGap)
    if let gap = batch.leadingGap { slice.next = gap.to + 1 }
    var bytes = 0
    batch.forEachEntry(of: topic) { entry in
      guard bytes < maximumBytes, slice.frames.count < FanOutLimits.batchFrames else { return }
      slice.next = entry.offset + 1
      if let filter, evaluator.evaluate(filter, entry.event) != .matched { return }
      let frame = wanted?.frame(entry) ?? format.frame(entry, nil)
      bytes += frame.bytes.count
      slice.frames.append(frame.bytes)
      slice.offsets.append(entry.offset)
      if let checksum = frame.checksum { slice.checksums.append(checksum) }
    }
    return slice
  }
}

/// The frames of those of a topic's newest entries that somebody wanted, in one format; shared by
/// the logs of all filters, and encoded once for them.
final class WantedFrames: Sendable {
  /// The most frames kept, each at a place that its offset says.
  static let count = 256

  private struct Place {
    var offset: Offset = 0
    var frame = EncodedFrame(bytes: [])
  }

  private let format: WireFormat
  private let counter: EncodedCounter
  private let compressor: FrameCompressor
  private struct State {
    var places = Array(repeating: Place(), count: WantedFrames.count)
    var bytes = 0
  }

  /// The most bytes kept.
  static let maximumBytes = 1 << 20

  private let state = Mutex(State())

  init(_ format: WireFormat, counter: EncodedCounter, compressor: FrameCompressor) {
    (self.format, self.counter, self.compressor) = (format, counter, compressor)
  }

  /// The frame of an entry; made if it is not there.
  func frame(_ entry: EventEntry) -> EncodedFrame {
    let index = Int(entry.offset % UInt64(Self.count))
    return state.withLock { state in
      if state.places[index].offset == entry.offset { return state.places[index].frame }
      let frame = format.frame(entry, compressor)
      counter.add(1)
      // One that is behind leaves what is newer to those who keep up.
      let bytes = state.bytes - state.places[index].frame.bytes.count + frame.bytes.count
      if state.places[index].offset < entry.offset, bytes <= Self.maximumBytes {
        state.places[index] = Place(offset: entry.offset, frame: frame)
        state.bytes = bytes
      } else if state.places[index].offset < entry.offset {
        // Room for what comes next.
        state.bytes -= state.places[index].frame.bytes.count
        state.places[index] = Place()
      }
      return frame
    }
  }
}
