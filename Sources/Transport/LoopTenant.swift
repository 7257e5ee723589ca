// SPDX-License-Identifier: Apache-2.0

/// Lives on an event loop and handles what happens there, a batch at a time.
///
/// Its `unownedExecutor` is the loop, which is checked when the loop starts: from then on the loop's
/// thread calls it as its own, without a hop or a check. All three are called on that thread, never
/// at once.
public protocol LoopTenant: Actor {
  /// Handles every descriptor that became ready, once per turn, when there is any.
  ///
  /// A registration ended by an earlier event of the same batch is still in it: look the
  /// identifier up before using what it stood for.
  func ready(_ events: [ReadyEvent])

  /// Handles the timers that came due, earliest first, when there is any.
  ///
  /// A timer cancelled while this batch is being handled is still in it.
  func fire(_ timers: [TimerID])

  /// Ends the turn, after its jobs ran: the place to flush what the turn produced.
  func settle()
}

/// One registration of a descriptor with a loop.
///
/// The kernel reuses descriptors at once. The generation tells the connection that has the number
/// now from the one that had it before, so an event for the former is recognised as stale.
public struct RegistrationID: Hashable, Sendable {
  /// The file descriptor.
  public let descriptor: CInt
  /// Counts the registrations of this descriptor number.
  public let generation: UInt32

  init(descriptor: CInt, generation: UInt32) {
    self.descriptor = descriptor
    self.generation = generation
  }

  /// Both numbers in the 64 bits that epoll hands back.
  init(packed: UInt64) {
    descriptor = CInt(bitPattern: UInt32(truncatingIfNeeded: packed))
    generation = UInt32(truncatingIfNeeded: packed >> 32)
  }

  var packed: UInt64 {
    UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
  }
}

/// What a registration wants to hear of.
public struct Interest: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// Makes an interest from its bits.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Bytes or connections have arrived.
  public static let read = Interest(rawValue: 1)
  /// Room to write has come back.
  public static let write = Interest(rawValue: 2)
}

/// A descriptor that became ready.
///
/// Readiness is edge-triggered: it is told once, so read until the socket would block (or gave
/// less than was asked for), and write until it would block.
public struct ReadyEvent: Hashable, Sendable {
  /// Whose event it is.
  public let id: RegistrationID
  /// Whether reading will tell something: bytes, the end, or an error.
  public let isReadable: Bool
  /// Whether there is room to write.
  public let isWritable: Bool
  /// Whether the peer will send nothing more; bytes it sent before may still be unread.
  public let isPeerFinished: Bool
  /// Whether the connection is gone in both directions, by hang-up or by an error.
  public let isHangup: Bool
}
