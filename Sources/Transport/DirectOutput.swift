// SPDX-License-Identifier: Apache-2.0

/// What stands in the way of writing to a connection at once.
struct WriteObstacles: OptionSet, BitwiseCopyable {
  let rawValue: UInt8

  /// Bytes wait that come before.
  static let waiting = WriteObstacles(rawValue: 1)
  /// The socket had no room when it was last written to.
  static let blocked = WriteObstacles(rawValue: 2)
  /// Writing has failed: nothing is written after that.
  static let failed = WriteObstacles(rawValue: 4)
}

/// What a write needs of a connection.
struct WriteState: BitwiseCopyable {
  var obstacles: WriteObstacles
  /// The socket's; -1 once closed.
  var descriptor: CInt
  /// Why writing failed; 0 if it has not.
  var failure: CInt = 0
  /// The most bytes that may wait.
  let limit: Int
  /// Bytes that the socket has taken.
  var takenBytes: UInt64 = 0

  /// Where that of all connections lies.
  static let slab = Slab<WriteState>()

  /// Writes bytes, unless something stands in the way or they exceed the limit: then `nil`.
  @inline(__always)
  mutating func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard obstacles.isEmpty, bytes.count <= limit else { return nil }
    switch Socket.write(bytes, to: descriptor) {
    case .written(let count):
      if count < bytes.count { obstacles.insert(.blocked) }
      takenBytes += UInt64(count)
      return count
    case .wouldBlock:
      obstacles.insert(.blocked)
    case .failed(let error):
      obstacles.insert(.failed)
      failure = error.errno
    }
    return 0
  }
}

/// Writes to a connection past the object, whose memory need not be touched.
///
/// For who writes to thousands, one after the other; as long as the connection is alive.
public struct DirectOutput {
  private let state: Slab<WriteState>.Line

  init(_ state: Slab<WriteState>.Line) {
    self.state = state
  }

  /// Asks the processor for what a write needs.
  @inline(__always)
  public func prefetch() { Memory.prefetch(state) }

  /// Writes bytes straight from where they lie, as ``Connection/write(_:)`` does.
  public func write(_ bytes: UnsafeRawBufferPointer) -> Int? { state.pointee.write(bytes) }
}
