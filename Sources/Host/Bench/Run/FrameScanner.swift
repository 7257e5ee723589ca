// SPDX-License-Identifier: Apache-2.0

/// Finds the frames that a WebSocket server sends (RFC 6455 §5.2) where they lie in the bytes read.
///
/// It looks at their headers only and copies nothing but a frame that is cut: what receives costs
/// processor time that the server measured beside it would have.
struct FrameScanner {
  /// What is wrong with what came.
  enum Violation: Error, Equatable {
    /// A message in several frames, or one that is compressed or masked.
    case notPlain
    /// A frame longer than ``maximumBytes``.
    case tooLong
  }

  /// The longest frame, in bytes.
  static let maximumBytes = 4 << 20

  /// The beginning of a frame that is not complete.
  private var rest: [UInt8] = []

  /// Takes bytes and hands over each complete frame.
  ///
  /// - Parameters:
  ///   - bytes: What was read.
  ///   - body: Receives a frame's opcode and its payload, which is lent.
  /// - Throws: ``Violation``, the server's fault.
  mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>,
    _ body: (_ opcode: UInt8, _ payload: UnsafeBufferPointer<UInt8>) -> Void
  ) throws(Violation) {
    if rest.isEmpty {
      let used = try Self.frames(in: bytes, body)
      if used < bytes.count { rest.append(contentsOf: bytes[used...]) }
      return
    }
    rest.append(contentsOf: bytes)
    var joined: [UInt8] = []
    swap(&joined, &rest)
    let used: Int
    do {
      used = try joined.withUnsafeBufferPointer { joined throws(Violation) in
        try Self.frames(in: joined, body)
      }
    } catch { throw error }
    joined.removeSubrange(..<used)
    rest = joined
  }

  private static func frames(
    in bytes: UnsafeBufferPointer<UInt8>,
    _ body: (UInt8, UnsafeBufferPointer<UInt8>) -> Void
  ) throws(Violation) -> Int {
    var start = 0
    while let header = try header(bytes, at: start) {
      let payload = start + header.count
      guard payload + header.payload <= bytes.count else { break }
      body(
        bytes[start] & 0x0F,
        UnsafeBufferPointer(rebasing: bytes[payload..<payload + header.payload])
      )
      start = payload + header.payload
    }
    return start
  }

  /// How long a header and its payload are; `nil` when it is cut.
  private static func header(
    _ bytes: UnsafeBufferPointer<UInt8>,
    at start: Int
  ) throws(Violation) -> (count: Int, payload: Int)? {
    guard bytes.count - start >= 2 else { return nil }
    // The last frame of its message, no extension's bits, no continuation, no mask.
    guard bytes[start] & 0xF0 == 0x80, bytes[start] & 0x0F != 0, bytes[start + 1] & 0x80 == 0
    else { throw .notPlain }
    let short = Int(bytes[start + 1])
    guard short > 125 else { return (2, short) }
    let count = short == 126 ? 2 : 8
    guard bytes.count - start >= 2 + count else { return nil }
    var length: UInt64 = 0
    for index in start + 2..<start + 2 + count { length = length << 8 | UInt64(bytes[index]) }
    guard length <= UInt64(maximumBytes) else { throw .tooLong }
    return (2 + count, Int(length))
  }
}
