// SPDX-License-Identifier: Apache-2.0

/// A registered socket with the bytes that wait to leave through it; confined to its loop.
public final class Connection {
  /// Its registration with the loop.
  public let id: RegistrationID
  /// The socket.
  public let socket: Socket
  /// What waits to be written.
  public private(set) var outbound: OutboundBuffer
  /// Whether the socket had no room when it was last written to.
  public private(set) var isBlocked = false
  /// Why writing failed; nothing is written after that.
  public private(set) var failure: SystemError?
  /// Bytes the kernel has taken since the connection began.
  public private(set) var writtenBytes: UInt64 = 0

  /// Takes over a registered socket.
  ///
  /// - Parameters:
  ///   - id: Its registration.
  ///   - socket: The socket.
  ///   - outboundLimit: Most bytes that may wait, in bytes.
  public init(id: RegistrationID, socket: Socket, outboundLimit: Int) {
    self.id = id
    self.socket = socket
    outbound = OutboundBuffer(limit: outboundLimit)
  }

  /// Whether more can be added without waiting behind something.
  public var isClear: Bool { outbound.isEmpty && failure == nil }

  /// Adds bytes behind those that wait; they leave at the next flush.
  ///
  /// - Returns: `false` when they exceed the limit or the connection is lost: none is kept.
  public func send(_ bytes: [UInt8]) -> Bool {
    failure == nil && outbound.append(bytes)
  }

  /// Writes what waits, unless the socket is known to have no room.
  ///
  /// - Returns: Whether nothing waits any more.
  @discardableResult
  public func flush() -> Bool {
    guard failure == nil, !isBlocked else { return false }
    let before = outbound.count
    switch outbound.flush(to: socket) {
    case .drained: break
    case .blocked: isBlocked = true
    case .failed(let error): failure = error
    }
    writtenBytes += UInt64(before - outbound.count)
    return isClear
  }

  /// Notes that the loop has seen room again.
  public func becameWritable() {
    isBlocked = false
  }
}
