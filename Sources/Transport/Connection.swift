// SPDX-License-Identifier: Apache-2.0

/// A registered socket with the bytes that wait to leave through it, encrypted if there is a TLS
/// session; confined to its loop.
public final class Connection {
  /// Its registration with the loop.
  public let id: RegistrationID
  /// The socket; read, write and close through the connection, which knows whether TLS is between.
  public let socket: Socket
  /// TLS on the socket; `nil` for none.
  public let tls: TLSSession?
  /// What a write needs; it lies beside that of other connections.
  private let state: Slab<WriteState>.Line
  /// What waits to be written.
  public private(set) var outbound: OutboundBuffer {
    didSet { note(.waiting, !outbound.isEmpty) }
  }

  /// Takes over a registered socket.
  ///
  /// - Parameters:
  ///   - id: Its registration.
  ///   - socket: The socket.
  ///   - tls: TLS on that socket. Default none.
  ///   - outboundLimit: Most bytes that may wait, in bytes.
  public init(id: RegistrationID, socket: Socket, tls: TLSSession? = nil, outboundLimit: Int) {
    self.id = id
    self.socket = socket
    self.tls = tls
    state = WriteState.slab.take(
      WriteState(
        obstacles: [],
        descriptor: socket.descriptor,
        limit: outboundLimit
      )
    )
    outbound = OutboundBuffer(limit: outboundLimit)
  }

  deinit { WriteState.slab.giveBack(state) }

  /// The way to write to it without the object; `nil` with TLS, since bytes are encrypted first.
  public var direct: DirectOutput? { tls == nil ? DirectOutput(state) : nil }

  /// Whether the socket had no room when it was last written to.
  public private(set) var isBlocked: Bool {
    get { state.pointee.obstacles.contains(.blocked) }
    set { note(.blocked, newValue) }
  }

  /// Why writing failed; nothing is written after that.
  public var failure: SystemError? {
    guard state.pointee.obstacles.contains(.failed) else { return nil }
    let operation = tls == nil ? "write to a connection" : "write over TLS"
    return SystemError(errno: state.pointee.failure, operation: operation)
  }

  private func fail(_ error: SystemError) {
    state.pointee.failure = error.errno
    note(.failed, true)
  }

  private func note(_ obstacle: WriteObstacles, _ isThere: Bool) {
    if isThere {
      state.pointee.obstacles.insert(obstacle)
    } else {
      state.pointee.obstacles.remove(obstacle)
    }
  }

  /// Bytes the kernel has taken since the connection began; with TLS as they leave, encrypted and
  /// with the handshake.
  public var writtenBytes: UInt64 { tls?.takenBytes ?? state.pointee.takenBytes }

  /// Bytes of memory that wait to leave and belong to this connection alone: in ``outbound``, but
  /// not what others share, and encrypted ones.
  public var heldBytes: Int { outbound.ownCount + (tls?.unsent.count ?? 0) }

  /// Whether the socket has taken everything that was sent.
  public var isWritten: Bool {
    !state.pointee.obstacles.contains(.waiting) && tls?.hasUnsent != true
  }

  /// Whether more can be added without waiting behind something.
  public var isClear: Bool { isWritten && !hasFailed }

  /// Whether writing has failed: nothing is written any more.
  public var hasFailed: Bool { state.pointee.obstacles.contains(.failed) }

  /// Adds bytes behind those that wait; they leave at the next flush.
  ///
  /// - Parameters:
  ///   - bytes: What to write.
  ///   - isShared: Whether others keep the same array anyway. Default no.
  /// - Returns: `false` when they exceed the limit or the connection is lost: none is kept.
  public func send(_ bytes: [UInt8], isShared: Bool = false) -> Bool {
    !hasFailed && outbound.append(bytes, isShared: isShared)
  }

  /// Writes bytes straight from where they lie, where nothing waits before them.
  ///
  /// - Parameter bytes: What to write, as a whole at most the limit.
  /// - Returns: How many were taken; give what is left to ``keep(_:from:)`` or send it, before
  ///   anything else. `nil` when something waits, there is no room or the limit is exceeded: nothing
  ///   was written, so send them.
  public func write(_ bytes: [UInt8]) -> Int? {
    guard let tls else { return bytes.withUnsafeBytes { state.pointee.write($0) } }
    guard isClear, !isBlocked, bytes.count <= state.pointee.limit, tls.isEstablished else {
      return nil
    }
    var taken = 0
    switch write(bytes, over: tls) {
    case .written(let count): taken = count
    case .wouldBlock: break
    case .failed(let error): fail(error)
    }
    isBlocked = !hasFailed && (taken < bytes.count || tls.hasUnsent)
    return taken
  }

  private func write(_ bytes: [UInt8], over tls: TLSSession) -> WriteOutcome {
    withExtendedLifetime(bytes) {
      var list = GatherList()
      list.append(unretained: bytes)
      return tls.write(list)
    }
  }

  /// Lets bytes wait that ``write(_:)`` has begun; nothing may wait before them.
  ///
  /// - Parameters:
  ///   - bytes: Shared with the caller; at most the limit.
  ///   - offset: How many are written already, not all.
  /// - Returns: `false` when the connection is lost: none is kept.
  public func keep(_ bytes: [UInt8], from offset: Int) -> Bool {
    guard !hasFailed else { return false }
    outbound.begin(with: bytes, from: offset)
    return true
  }

  /// Reads what has arrived and appends it to a buffer.
  ///
  /// With TLS, data may be left in its session that no event will tell of: read again until nothing
  /// more comes.
  ///
  /// - Parameters:
  ///   - buffer: Where the bytes go; keep one per loop, so that its memory is reused.
  ///   - maximum: Most bytes to take, above 0; the buffer makes room for as many.
  /// - Returns: How many bytes came, or why none did.
  public func read(into buffer: inout [UInt8], maximum: Int) -> ReadOutcome {
    guard let tls else { return socket.read(into: &buffer, maximum: maximum) }
    return tls.read(into: &buffer, maximum: maximum)
  }

  /// Writes what waits, unless the socket is known to have no room.
  ///
  /// During a TLS handshake everything waits; flush again after a read.
  ///
  /// - Returns: Whether nothing waits any more.
  @discardableResult
  public func flush() -> Bool {
    guard !hasFailed, !isBlocked else { return false }
    // TLS may have to begin its handshake.
    if tls == nil, isWritten { return true }
    let before = outbound.count
    switch write() {
    case .drained, nil: break
    case .blocked: isBlocked = true
    case .failed(let error): fail(error)
    }
    state.pointee.takenBytes += UInt64(before - outbound.count)
    return isClear
  }

  private func write() -> FlushOutcome? {
    guard let tls else { return outbound.flush(to: socket) }
    return tls.flush(&outbound)
  }

  /// Notes that the loop has seen room again.
  public func becameWritable() {
    isBlocked = false
  }

  /// Tells the peer that nothing more will be written; reading goes on.
  ///
  /// Call it when everything is written: what waits would be lost.
  public func shutdownWrite() {
    guard let tls else { return socket.shutdownWrite() }
    tls.shutdownWrite()
  }

  /// Closes the connection; further calls do nothing, and reads and writes fail.
  public func close() {
    state.pointee.descriptor = -1
    guard let tls else { return socket.close() }
    tls.close()
  }
}
