// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Compresses with DEFLATE (RFC 1951) in one of its formats; 256 KiB with a window of 15 bits.
///
/// The stream belongs to this value alone, which cannot be copied: so it is safe to send.
@safe struct Deflater: ~Copyable, @unchecked Sendable {
  /// What stands around the compressed blocks.
  enum Format {
    /// Nothing; references go back at most 2 to the power of `windowBits` bytes.
    case raw(windowBits: Int)
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
  ///   - level: From 1, fast, to 9, small.
  init(_ format: Format, level: Int) {
    precondition((1...9).contains(level), "a level is between 1 and 9")
    var strategy = Z_DEFAULT_STRATEGY
    let windowBits: Int32
    switch format {
    case .raw(windowBits: 8):
      // zlib has no such window, but run lengths refer back a single byte only, in any window.
      (windowBits, strategy) = (-9, Z_RLE)
    case .raw(let bits):
      precondition((9...15).contains(bits), "a window has 8 to 15 bits")
      windowBits = -Int32(bits)
    case .zlib: windowBits = 15
    case .gzip: windowBits = 16 + 15
    }
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let memoryLevel: Int32 = 8
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let code = unsafe deflateInit2_(
      stream,
      Int32(level),
      Z_DEFLATED,
      windowBits,
      memoryLevel,
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
