// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Compresses with DEFLATE (RFC 1951) in one of its formats.
///
/// It takes 4 times the window, and as much again with a memory level 7 below the window's bits:
/// 256 KiB with 15 bits and level 8.
///
/// The stream belongs to this value alone, which cannot be copied: so it is safe to send.
@safe struct Deflater: ~Copyable, @unchecked Sendable {
  /// What stands around the compressed blocks.
  enum Format {
    /// Nothing.
    case raw
    /// A header and a checksum (RFC 1950), which HTTP calls `deflate`.
    case zlib
    /// A longer header, a checksum and the length (RFC 1952).
    case gzip
  }

  /// What must have come out when a call returns.
  enum Flush {
    /// Whatever is ready.
    case none
    /// Everything, ended by an empty block so that the receiver can read it.
    case sync
    /// Everything and the format's end; nothing follows but ``Deflater/reset()``.
    case finish

    fileprivate var code: Int32 {
      switch self {
      case .none: Z_NO_FLUSH
      case .sync: Z_SYNC_FLUSH
      case .finish: Z_FINISH
      }
    }
  }

  private let stream: UnsafeMutablePointer<z_stream>

  /// Creates a compressor.
  ///
  /// - Parameters:
  ///   - format: What stands around the compressed blocks.
  ///   - windowBits: References go back at most 2 to the power of it, in bytes; 9 to 15, and 8 for raw.
  ///   - level: From 1, fast, to 9, small.
  ///   - memoryLevel: From 1, short blocks, to 9. Default 8, as everywhere.
  init(_ format: Format, windowBits: Int, level: Int, memoryLevel: Int = 8) {
    precondition((1...9).contains(level), "a level is between 1 and 9")
    precondition((8...15).contains(windowBits), "a window has 8 to 15 bits")
    // zlib has no window of 8 bits, but run lengths refer back a single byte only, in any window.
    let strategy = windowBits == 8 ? Z_RLE : Z_DEFAULT_STRATEGY
    let bits = Int32(max(windowBits, 9))
    let formatAndBits =
      switch format {
      case .raw: -bits
      case .zlib: bits
      case .gzip: bits + 16
      }
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let code = unsafe deflateInit2_(
      stream,
      Int32(level),
      Z_DEFLATED,
      formatAndBits,
      Int32(memoryLevel),
      strategy,
      ZLIB_VERSION,
      size
    )
    precondition(code == Z_OK, "zlib has memory and the version it was built with")
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Forgets what was compressed: the next bytes begin anew and refer back to nothing.
  mutating func reset() {
    let code = unsafe deflateReset(stream)
    precondition(code == Z_OK, "the stream is whole")
  }

  /// Appends what comes out when `input` goes in.
  mutating func deflate(_ input: ArraySlice<UInt8>, _ flush: Flush, into output: inout [UInt8]) {
    let step = 256 << 20
    var rest = input
    // zlib counts in 32 bits.
    while rest.count > step {
      deflateStep(rest.prefix(step), .none, into: &output)
      rest = rest.dropFirst(step)
    }
    deflateStep(rest, flush, into: &output)
  }

  private mutating func deflateStep(
    _ input: ArraySlice<UInt8>,
    _ flush: Flush,
    into output: inout [UInt8]
  ) {
    unsafe input.withUnsafeBufferPointer { source in
      // zlib reads the input, though its type has no const.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(source.count)
      repeat {
        let room = unsafe max(64, min(Int(stream.pointee.avail_in) / 2, 64 << 10))
        output.append(addingCapacity: room) { target in
          unsafe target.withUnsafeMutableBufferPointer { buffer, count in
            unsafe stream.pointee.next_out = buffer.baseAddress
            unsafe stream.pointee.avail_out = UInt32(room)
            let code = unsafe CZlib.deflate(stream, flush.code)
            precondition(code != Z_STREAM_ERROR, "the stream is whole")
            count = unsafe room - Int(stream.pointee.avail_out)
          }
        }
      } while unsafe stream.pointee.avail_out == 0
      unsafe stream.pointee.next_in = nil
      unsafe stream.pointee.next_out = nil
    }
  }
}
