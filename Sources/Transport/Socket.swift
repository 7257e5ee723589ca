// SPDX-License-Identifier: Apache-2.0
public import Glibc

/// What reading from a socket brought.
public enum ReadOutcome: Equatable, Sendable {
  /// So many bytes, at least one.
  case bytes(Int)
  /// Nothing yet; the loop will tell when there is.
  case wouldBlock
  /// The peer sent everything it will send.
  case end
  /// The connection is lost.
  case failed(SystemError)
}

/// What writing to a socket achieved.
public enum WriteOutcome: Equatable, Sendable {
  /// So many bytes were taken, perhaps fewer than given: then there is no room left for now.
  case written(Int)
  /// No room; the loop will tell when there is.
  case wouldBlock
  /// The connection is lost.
  case failed(SystemError)
}

/// A TCP connection that never blocks, owned by one isolation.
///
/// A class, so that it can live in an actor's dictionary; not `Sendable`, so that it stays with the
/// actor of one loop. A fresh one can be sent to another. It closes with its last reference.
public final class Socket {
  /// The other end; `nil` when it went before it could be asked.
  public let peerAddress: SocketAddress?
  /// The descriptor, to be registered with a loop; -1 once closed.
  public private(set) var descriptor: CInt

  /// Takes over a connected descriptor that is in non-blocking mode.
  public init(adopting descriptor: CInt, peerAddress: SocketAddress?) {
    self.descriptor = descriptor
    self.peerAddress = peerAddress
  }

  deinit {
    close()
  }

  /// Reads what has arrived and appends it to a buffer.
  ///
  /// - Parameters:
  ///   - buffer: Where the bytes go; keep one per loop, so that its memory is reused.
  ///   - maximum: Most bytes to take, above 0; the buffer makes room for as many.
  /// - Returns: How many bytes came; fewer than `maximum` means that there are no more for now.
  public func read(into buffer: inout [UInt8], maximum: Int) -> ReadOutcome {
    precondition(maximum > 0, "a read must have room")
    var outcome = ReadOutcome.wouldBlock
    buffer.append(addingCapacity: maximum) { span in
      span.withUnsafeMutableBufferPointer { bytes, filled in
        guard let start = bytes.baseAddress else { return }
        let count = uninterrupted { recv(descriptor, start + filled, maximum, 0) }
        filled += max(count, 0)
        outcome = Self.outcome(ofReading: count)
      }
    }
    return outcome
  }

  /// Writes bytes, as many as there is room for.
  public func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
    Self.write(bytes, to: descriptor)
  }

  /// Writes bytes to the descriptor of a socket, for who has it at hand.
  @inline(__always)
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> WriteOutcome {
    let count = uninterrupted {
      send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
    }
    return outcome(ofWriting: count)
  }

  /// Writes the slices of a list in order with one call, as much as there is room for.
  public func write(_ list: borrowing GatherList) -> WriteOutcome {
    list.withSlices { writev($0) }
  }

  /// Writes several slices of memory in order with one call, as much as there is room for.
  ///
  /// - Parameter slices: At most 1,024, which is the kernel's limit; beyond 64 little is gained.
  /// - Returns: How many bytes were taken, counted over all slices.
  public func writev(_ slices: UnsafeBufferPointer<iovec>) -> WriteOutcome {
    var message = msghdr()
    message.msg_iov = UnsafeMutablePointer(mutating: slices.baseAddress)
    message.msg_iovlen = slices.count
    // sendmsg rather than writev: only it can be told not to raise SIGPIPE.
    let count = uninterrupted { sendmsg(descriptor, &message, CInt(MSG_NOSIGNAL)) }
    return Self.outcome(ofWriting: count)
  }

  /// Tells the peer that nothing more will be written; reading goes on.
  public func shutdownWrite() {
    shutdown(descriptor, CInt(SHUT_WR))
  }

  /// Closes the connection; further calls do nothing, and reads and writes fail.
  ///
  /// What the kernel has taken is still delivered, unless bytes from the peer were left unread.
  public func close() {
    guard descriptor >= 0 else { return }
    Glibc.close(descriptor)
    descriptor = -1
  }

  private static func outcome(ofReading count: Int) -> ReadOutcome {
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    return errno == EAGAIN ? .wouldBlock : .failed(.last("read from a connection"))
  }

  private static func outcome(ofWriting count: Int) -> WriteOutcome {
    if count >= 0 { return .written(count) }
    return errno == EAGAIN ? .wouldBlock : .failed(.last("write to a connection"))
  }
}
