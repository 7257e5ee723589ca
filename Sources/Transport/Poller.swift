// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Waits for descriptors with epoll: add, remove, wait, and wake from another thread.
struct Poller: ~Copyable {
  /// Most events taken per wait; bounds how long one turn keeps its timers and jobs waiting.
  static let maximumEventsPerWait = 512
  // No descriptor is negative, so no registration packs to this value.
  private static let wakeMark = UInt64.max

  private let epoll: OwnedDescriptor
  private let waker: OwnedDescriptor
  private let events: UnsafeMutableBufferPointer<epoll_event>

  init() throws(SystemError) {
    let epoll = try OwnedDescriptor(epoll_create1(CInt(EPOLL_CLOEXEC)), "create an epoll")
    let waker = try OwnedDescriptor(
      eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)),
      "create an eventfd"
    )
    try Self.watch(
      waker.number,
      EPOLLIN.rawValue | EPOLLET.rawValue,
      Self.wakeMark,
      on: epoll.number
    )
    self.epoll = epoll
    self.waker = waker
    events = .allocate(capacity: Self.maximumEventsPerWait)
  }

  deinit {
    events.deallocate()
  }

  func add(_ id: RegistrationID, for interest: Interest) throws(SystemError) {
    var flags = EPOLLET.rawValue | EPOLLRDHUP.rawValue
    if interest.contains(.read) { flags |= EPOLLIN.rawValue }
    if interest.contains(.write) { flags |= EPOLLOUT.rawValue }
    try Self.watch(id.descriptor, flags, id.packed, on: epoll.number)
  }

  func addLevelTriggered(_ id: RegistrationID, for interest: Interest) throws(SystemError) {
    try Self.watch(id.descriptor, interest.levelTriggeredFlags, id.packed, on: epoll.number)
  }

  func updateLevelTriggered(_ id: RegistrationID, for interest: Interest) throws(SystemError) {
    let flags = interest.levelTriggeredFlags
    try Self.control(EPOLL_CTL_MOD, id.descriptor, flags, id.packed, on: epoll.number)
  }

  /// Forgets a descriptor.
  ///
  /// One that was closed is forgotten already, which is no error.
  func remove(_ id: RegistrationID) {
    epoll_ctl(epoll.number, EPOLL_CTL_DEL, id.descriptor, nil)
  }

  /// Ends the wait under way, or the next one.
  ///
  /// Any thread may call it.
  ///
  /// The counter is never read back: edge-triggered, each write is an edge of its own.
  func wake() {
    eventfd_write(waker.number, 1)
  }

  /// Waits at most `milliseconds` (-1: for ever) and appends what became ready and isn't stale.
  func wait(
    milliseconds: CInt,
    registry: Registry,
    into ready: inout [ReadyEvent],
    guests: inout [(number: UInt16, event: ReadyEvent)]
  ) {
    let count = epoll_wait(epoll.number, events.baseAddress, CInt(events.count), milliseconds)
    guard count >= 0 else {
      precondition(errno == EINTR, "an epoll that is open must be waitable")
      return
    }
    for event in events.prefix(Int(count)) where event.data.u64 != Self.wakeMark {
      let id = RegistrationID(packed: event.data.u64)
      guard let owner = registry.owner(of: id) else { continue }
      let readyEvent = ReadyEvent(id: id, flags: event.events)
      if owner == 0 { ready.append(readyEvent) } else { guests.append((owner, readyEvent)) }
    }
  }

  private static func watch(
    _ descriptor: CInt,
    _ flags: UInt32,
    _ data: UInt64,
    on epoll: CInt
  ) throws(SystemError) {
    try control(EPOLL_CTL_ADD, descriptor, flags, data, on: epoll)
  }

  private static func control(
    _ operation: CInt,
    _ descriptor: CInt,
    _ flags: UInt32,
    _ data: UInt64,
    on epoll: CInt
  ) throws(SystemError) {
    var event = epoll_event()
    event.events = flags
    event.data.u64 = data
    guard epoll_ctl(epoll, operation, descriptor, &event) == 0 else {
      throw .last("register a descriptor with epoll")
    }
  }
}

extension Interest {
  /// The peer's end belongs to reading here: told at every turn, it would keep a writer awake.
  fileprivate var levelTriggeredFlags: UInt32 {
    var flags: UInt32 = 0
    if contains(.read) { flags |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
    if contains(.write) { flags |= EPOLLOUT.rawValue }
    return flags
  }
}

extension ReadyEvent {
  fileprivate init(id: RegistrationID, flags: UInt32) {
    func has(_ flag: EPOLL_EVENTS) -> Bool { flags & flag.rawValue != 0 }
    self.id = id
    isHangup = has(EPOLLHUP) || has(EPOLLERR)
    isPeerFinished = isHangup || has(EPOLLRDHUP)
    isReadable = isPeerFinished || has(EPOLLIN)
    isWritable = has(EPOLLOUT)
  }
}
