// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// A stretch of encoded entries that many sessions of a loop send; made once for those which stand
/// at the same offset.
final class FrameSlice {
  let frames: [[UInt8]]
  /// Their offsets; empty where one follows the other up to ``next``.
  private let offsets: [Offset]
  /// The offset behind the last frame.
  let next: Offset
  /// What was gone before the first frame.
  let gap: Gap?
  /// All frames in one piece, for one plain write; `nil` where they are so large that a gathering
  /// write costs less than the copy.
  let joined: [UInt8]?
  /// What each frame holds; empty unless they are gzip.
  let checksums: [GzipChecksum]
  /// What all of them hold; `nil` unless they are gzip.
  let checksum: GzipChecksum?

  init(_ slice: FrameLog.Slice) {
    (frames, next, gap) = (slice.frames, slice.next, slice.gap)
    offsets = slice.offsets
    checksums = slice.checksums
    checksum = slice.checksums.first.map { first in
      slice.checksums.dropFirst().reduce(first) { $0.followed(by: $1) }
    }
    joined = Self.join(slice.frames)
  }

  /// The offset of a frame.
  func offset(of index: Int) -> Offset {
    offsets.isEmpty ? next - Offset(frames.count - index) : offsets[index]
  }

  private static func join(_ frames: [[UInt8]]) -> [UInt8]? {
    guard frames.count != 1 else { return frames[0] }
    let count = frames.reduce(0) { $0 + $1.count }
    guard count > 0, count <= FanOutLimits.batchBytes else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for frame in frames { bytes += frame }
    return bytes
  }
}

/// A slice and where it begins: most readers of a topic stand there.
struct SharedSlice {
  let slice: FrameSlice
  let log: FrameLog
  let offset: Offset

  /// Whether it is what a log holds from an offset on.
  func begins(_ log: FrameLog, at offset: Offset) -> Bool {
    self.offset == offset && self.log === log
  }
}

/// A slice that reaches to the end of its topic, in one piece: it can be written from where it lies.
struct DirectSlice {
  let slice: FrameSlice
  let logID: ObjectIdentifier
  let offset: Offset
  let bytes: [UInt8]

  /// Takes what a log holds from an offset to the end of its topic; `nil` where more has to be done
  /// than write it.
  init?(_ slice: FrameSlice, of log: FrameLog, from offset: Offset, upTo head: Offset) {
    guard slice.next == head, slice.gap == nil, let bytes = slice.joined else { return nil }
    (self.slice, self.offset, self.bytes) = (slice, offset, bytes)
    logID = ObjectIdentifier(log)
  }
}

/// The slices that were read during one flush, by log and offset; of two with the same slot the
/// later one stays.
struct FrameSliceCache {
  private var entries: [SharedSlice?] = Array(repeating: nil, count: 16)
  private var isEmpty = true

  func slice(of log: FrameLog, from offset: Offset) -> FrameSlice? {
    guard let entry = entries[Self.slot(log, offset)], entry.begins(log, at: offset) else {
      return nil
    }
    return entry.slice
  }

  mutating func keep(_ slice: FrameSlice, of log: FrameLog, from offset: Offset) {
    entries[Self.slot(log, offset)] = SharedSlice(slice: slice, log: log, offset: offset)
    isEmpty = false
  }

  /// Lets go of all: a frame is kept no longer than by those who send it.
  mutating func removeAll() {
    guard !isEmpty else { return }
    for index in entries.indices { entries[index] = nil }
    isEmpty = true
  }

  private static func slot(_ log: FrameLog, _ offset: Offset) -> Int {
    // Objects are at least 16 bytes apart.
    let address = UInt(bitPattern: ObjectIdentifier(log)) >> 4
    return Int(truncatingIfNeeded: (address ^ address >> 8) &+ UInt(offset)) & 15
  }
}
