// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Reads gzip content as it comes; zlib checks its end.
final class GzipReader {
  private(set) var content: [UInt8] = []
  /// Whether the end has come, and was right.
  private(set) var hasEnded = false
  /// Whether what came is not gzip.
  private(set) var isBroken = false
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

  init() {
    stream.initialize(to: z_stream())
    inflateInit2_(stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func receive(_ bytes: some Collection<UInt8>) {
    var input = Array(bytes)
    // Nothing may follow the end.
    if hasEnded, !input.isEmpty { isBroken = true }
    input.withUnsafeMutableBufferPointer { source in
      stream.pointee.next_in = source.baseAddress
      stream.pointee.avail_in = UInt32(source.count)
      var piece = [UInt8](repeating: 0, count: 4_096)
      while !hasEnded, !isBroken {
        let code = piece.withUnsafeMutableBufferPointer { target in
          stream.pointee.next_out = target.baseAddress
          stream.pointee.avail_out = UInt32(target.count)
          return inflate(stream, Z_SYNC_FLUSH)
        }
        content += piece.dropLast(Int(stream.pointee.avail_out))
        hasEnded = code == Z_STREAM_END
        isBroken = code != Z_OK && code != Z_BUF_ERROR && !hasEnded
        if stream.pointee.avail_out > 0 { break }
      }
      if stream.pointee.avail_in > 0 { isBroken = true }
    }
  }
}
