// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Why compressed bytes cannot be inflated.
enum InflateFault: Error, Equatable {
  /// They are not DEFLATE, or end inside of a block.
  case corrupt
  /// They grow beyond the bound.
  case tooLarge
}

/// Inflates raw DEFLATE (RFC 1951) as it comes; 7 KiB, and up to 32 KiB once there is something to
/// refer back to.
///
/// The stream belongs to this value alone, which cannot be copied: so it is safe to send.
@safe struct Inflater: ~Copyable, @unchecked Sendable {
  private let stream: UnsafeMutablePointer<z_stream>

  /// Creates an inflater for data that refer back at most 2 to the power of `windowBits` bytes.
  init(windowBits: Int) {
    precondition((8...15).contains(windowBits), "a window has 8 to 15 bits")
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let code = unsafe inflateInit2_(stream, -Int32(windowBits), ZLIB_VERSION, size)
    precondition(code == Z_OK, "zlib has memory and the version it was built with")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Appends what `input` inflates to; afterwards `output` has at most `maximumBytes` bytes.
  ///
  /// A final block does not end the data: others may follow it and refer back (RFC 7692 §7.2.3.4).
  mutating func inflate(
    _ input: ArraySlice<UInt8>,
    into output: inout [UInt8],
    maximumBytes: Int
  ) throws(InflateFault) {
    try run(input, into: &output, maximumBytes: maximumBytes, flush: Z_SYNC_FLUSH)
  }

  /// Takes the end of an empty block that the sender left out (RFC 7692 §7.2.2), after which the
  /// data must end with a whole block.
  mutating func finish(into output: inout [UInt8], maximumBytes: Int) throws(InflateFault) {
    let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
    try run(tail[...], into: &output, maximumBytes: maximumBytes, flush: Z_BLOCK)
    // 128: behind a block, plus the bits not used, plus 64 inside of a final block.
    guard unsafe stream.pointee.data_type == 128 else { throw .corrupt }
  }

  private mutating func run(
    _ input: ArraySlice<UInt8>,
    into output: inout [UInt8],
    maximumBytes: Int,
    flush: Int32
  ) throws(InflateFault) {
    var rest = input
    while true {
      // One byte beyond the bound shows that there are more.
      let room = min(max(256, 4 * rest.count), maximumBytes - output.count, 64 << 10) + 1
      let step = step(rest, into: &output, room: room, flush: flush)
      rest = rest.dropFirst(step.consumedCount)
      guard output.count <= maximumBytes else { throw .tooLarge }
      switch step.code {
      case Z_STREAM_END: unsafe inflateResetKeep(stream)
      case Z_OK: break
      case Z_BUF_ERROR where rest.isEmpty: return
      default: throw .corrupt
      }
      if rest.isEmpty, !step.isFull { return }
    }
  }

  private struct Step {
    let code: Int32
    let consumedCount: Int
    /// Whether more may come out without further input.
    let isFull: Bool
  }

  private mutating func step(
    _ input: ArraySlice<UInt8>,
    into output: inout [UInt8],
    room: Int,
    flush: Int32
  ) -> Step {
    var code = Z_OK
    let countBefore = output.count
    unsafe input.withUnsafeBufferPointer { source in
      // zlib reads the input, though its type has no const.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(source.count)
      output.append(addingCapacity: room) { target in
        unsafe target.withUnsafeMutableBufferPointer { buffer, count in
          unsafe stream.pointee.next_out = buffer.baseAddress
          unsafe stream.pointee.avail_out = UInt32(room)
          code = unsafe CZlib.inflate(stream, flush)
          count = unsafe room - Int(stream.pointee.avail_out)
        }
      }
      unsafe stream.pointee.next_in = nil
      unsafe stream.pointee.next_out = nil
    }
    let consumedCount = unsafe input.count - Int(stream.pointee.avail_in)
    return Step(
      code: code,
      consumedCount: consumedCount,
      isFull: output.count - countBefore == room
    )
  }
}
