// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// The memory that the TLS connections of one loop share while they work; confined to that loop.
///
/// OpenSSL reads straight from the socket of the connection at hand and writes into ``output``,
/// which then leaves with one system call, however many records it holds. Nothing is kept here
/// between two calls, so an idle connection owns no buffer.
public final class TLSWorkspace {
  /// Bytes of one record at most (RFC 8446 §5.1).
  static let recordBytes = 16 << 10

  /// Reads and writes for all connections of the loop.
  let channel: OpaquePointer
  /// Where small slices are joined, to share a record.
  let record = UnsafeMutableRawBufferPointer.allocate(byteCount: recordBytes, alignment: 16)
  /// What OpenSSL wants to be sent.
  fileprivate(set) var output: [UInt8] = []
  /// Whether the peer has ended TCP, as the last read has told.
  fileprivate(set) var sawEnd = false
  /// Why the last read failed; 0 when it did not.
  fileprivate(set) var readError: CInt = 0
  fileprivate var descriptor: CInt = -1
  /// Bytes received since ``begin(_:)``.
  fileprivate var receivedCount = 0

  /// Makes the memory of one loop, about 100 KiB once it was used.
  public init() {
    guard let channel = BIO_new(channelMethod) else {
      preconditionFailure("there must be memory for a channel")
    }
    self.channel = channel
    BIO_set_data(channel, Unmanaged.passUnretained(self).toOpaque())
    BIO_set_init(channel, 1)
  }

  deinit {
    // Connections keep their workspace, so nobody uses it any more.
    BIO_free(channel)
    record.deallocate()
  }

  /// Prepares for calls of OpenSSL on behalf of one connection.
  func begin(_ descriptor: CInt) {
    self.descriptor = descriptor
    (sawEnd, readError, receivedCount) = (false, 0, 0)
    output.removeAll(keepingCapacity: true)
    // Errors that another connection left behind would be taken for this one's.
    ERR_clear_error()
  }

  /// Adds bytes that OpenSSL did not make.
  func append(_ bytes: [UInt8]) {
    output += bytes
  }
}

/// How OpenSSL reaches sockets and workspaces.
///
/// Proof of `nonisolated(unsafe)`: it is complete before anybody sees it, and never changes.
nonisolated(unsafe) private let channelMethod: OpaquePointer? = {
  let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir")
  BIO_meth_set_read_ex(method, receive)
  BIO_meth_set_write_ex(method, collect)
  BIO_meth_set_ctrl(method, control)
  return method
}()

private func workspace(of channel: OpaquePointer?) -> TLSWorkspace? {
  BIO_get_data(channel).map { Unmanaged<TLSWorkspace>.fromOpaque($0).takeUnretainedValue() }
}

private func receive(
  _ channel: OpaquePointer?,
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ maximum: Int,
  _ received: UnsafeMutablePointer<Int>?
) -> CInt {
  guard let workspace = workspace(of: channel) else { return 0 }
  BIO_clear_flags(channel, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
  let count = uninterrupted { recv(workspace.descriptor, bytes, maximum, 0) }
  received?.pointee = max(count, 0)
  workspace.receivedCount += max(count, 0)
  // OpenSSL goes on reading until there is data: a peer that sends none would keep the loop for ever.
  guard workspace.receivedCount <= TLSLimits.receivedBytes else {
    workspace.readError = EPROTO
    return 0
  }
  if count > 0 { return 1 }
  if count == 0 {
    workspace.sawEnd = true
  } else if errno == EAGAIN {
    BIO_set_flags(channel, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
  } else {
    workspace.readError = errno
  }
  return 0
}

private func collect(
  _ channel: OpaquePointer?,
  _ bytes: UnsafePointer<CChar>?,
  _ count: Int,
  _ written: UnsafeMutablePointer<Int>?
) -> CInt {
  guard let workspace = workspace(of: channel) else { return 0 }
  BIO_clear_flags(channel, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
  // What a peer makes OpenSSL answer has an end too.
  guard workspace.output.count <= TLSLimits.collectedBytes else { return 0 }
  workspace.output.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
  written?.pointee = count
  return 1
}

private func control(
  _ channel: OpaquePointer?,
  _ command: CInt,
  _ number: CLong,
  _ pointer: UnsafeMutableRawPointer?
) -> CLong {
  switch command {
  case BIO_CTRL_FLUSH: 1
  case BIO_CTRL_EOF: workspace(of: channel)?.sawEnd == true ? 1 : 0
  default: 0
  }
}
