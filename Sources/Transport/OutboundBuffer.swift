// SPDX-License-Identifier: Apache-2.0
/// What flushing an outbound buffer achieved.
public enum FlushOutcome: Equatable, Sendable {
  /// Everything was written.
  case drained
  /// The socket has no room; flush again when the loop says there is.
  case blocked
  /// The connection is lost.
  case failed(SystemError)
}

/// Holds bytes on their way to one socket, up to a limit, and remembers how far it got.
///
/// Segments are shared, not copied, so one encoded frame can wait in many buffers; small ones are
/// joined, so that many short replies do not cost an allocation and a slice each. What would exceed
/// the limit is refused as a whole: the owner decides whether to wait or to close.
public struct OutboundBuffer: Sendable {
  // Up to here a copy is cheaper than another slice.
  private static let joinedBytes = 512

  /// Most bytes held at once.
  public let limit: Int
  /// Bytes held now.
  public private(set) var count = 0
  /// Bytes held now that nobody else keeps; where shared ones wait beside them, an upper bound.
  public private(set) var ownCount = 0
  /// Most bytes ever held.
  public private(set) var peakCount = 0
  /// How often bytes were refused because of the limit.
  public private(set) var refusedCount = 0

  // Those before `first` are written already; the first is written up to `offset`.
  private var segments: [[UInt8]] = []
  private var first = 0
  private var offset = 0

  /// Makes an empty buffer; it allocates nothing until bytes come.
  ///
  /// - Parameter limit: Most bytes held at once. Default 64 KiB: replies, not a stream.
  public init(limit: Int = 64 << 10) {
    self.limit = limit
  }

  /// Whether nothing is held.
  public var isEmpty: Bool { count == 0 }

  /// Adds bytes behind those held.
  ///
  /// - Parameters:
  ///   - bytes: What to write; shared with the caller.
  ///   - isShared: Whether others keep the same array anyway. Default no.
  /// - Returns: `false` when they would exceed the limit: then none of them is held.
  public mutating func append(_ bytes: [UInt8], isShared: Bool = false) -> Bool {
    guard bytes.count <= limit - count else {
      refusedCount += 1
      return false
    }
    if bytes.isEmpty { return true }
    let lastCount = segments.last?.count ?? Self.joinedBytes
    if lastCount + bytes.count <= Self.joinedBytes {
      segments[segments.count - 1].append(contentsOf: bytes)
      // A copy now, whoever else has them.
      ownCount += bytes.count
    } else {
      segments.append(bytes)
      if !isShared { ownCount += bytes.count }
    }
    count += bytes.count
    peakCount = max(peakCount, count)
    return true
  }

  /// Holds bytes that are written in part already, in an empty buffer.
  ///
  /// - Parameters:
  ///   - bytes: Shared with the caller; what is left of them is within the limit.
  ///   - offset: How many of them are written, not all.
  mutating func begin(with bytes: [UInt8], from offset: Int) {
    precondition(isEmpty, "what was begun comes before everything that waits")
    precondition(offset < bytes.count && bytes.count - offset <= limit, "the rest must fit")
    segments.append(bytes)
    self.offset = offset
    count = bytes.count - offset
    peakCount = max(peakCount, count)
  }

  /// Writes until nothing is held or the socket has no room, up to 64 segments per system call.
  public mutating func flush(to socket: Socket) -> FlushOutcome {
    // A reply on its own, the usual case, needs no list.
    guard count > 0, segments.count - first == 1 else { return flush { socket.write($0) } }
    let outcome = segments[first].withUnsafeBytes { bytes in
      socket.write(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
    }
    switch outcome {
    case .written(let written):
      drop(written)
      return isEmpty ? .drained : .blocked
    case .wouldBlock: return .blocked
    case .failed(let error): return .failed(error)
    }
  }

  mutating func flush(with write: (borrowing GatherList) -> WriteOutcome) -> FlushOutcome {
    guard count > 0 else { return .drained }
    var list = GatherList()
    while count > 0 {
      gather(into: &list)
      switch write(list) {
      case .written(let written):
        drop(written)
        if written < list.byteCount { return .blocked }
      case .wouldBlock:
        return .blocked
      case .failed(let error):
        return .failed(error)
      }
    }
    return .drained
  }

  private func gather(into list: inout GatherList) {
    list.removeAll()
    var skipped = offset
    for segment in segments[first...].prefix(GatherList.capacity) {
      list.append(unretained: segment, from: skipped)
      skipped = 0
    }
  }

  private mutating func drop(_ written: Int) {
    count -= written
    if count == 0 { return empty() }
    ownCount = min(ownCount, count)
    var rest = written
    while first < segments.count, rest >= segments[first].count - offset {
      rest -= segments[first].count - offset
      // Released at once: a frame shared by many must not outlive the slowest of them.
      segments[first] = []
      first += 1
      offset = 0
    }
    offset += rest
    forgetWritten()
  }

  /// Lets go of all segments, of which there is mostly one: cheaper than removing a range.
  private mutating func empty() {
    while !segments.isEmpty { segments.removeLast() }
    (ownCount, first, offset) = (0, 0, 0)
  }

  /// Gives back the room of written segments, once they are half of all: O(1) per segment.
  private mutating func forgetWritten() {
    guard first * 2 >= segments.count else { return }
    segments.removeFirst(first)
    first = 0
  }
}
