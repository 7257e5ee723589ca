// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc

/// Drives libcurl's multi interface from an event loop; confined to the loop.
///
/// Its sockets are registrations of a guest, and its one timer is a timer of that guest.
final class CurlMulti {
  let handle: UnsafeMutableRawPointer
  private let loop: EventLoop
  private let guest: GuestID
  /// The most connections.
  private let total: Int
  /// What libcurl has been told of.
  private var lookupCount = 0
  private var sockets: [CInt: RegistrationID] = [:]
  private var timer: TimerID?
  /// Transfers with a socket that the kernel does not let the loop watch.
  private var unwatched: [UInt64] = []
  /// Whether libcurl wants to be called as soon as it is not running.
  private(set) var isTimeoutDue = false

  init(
    _ configuration: HTTPClient.Configuration,
    on loop: EventLoop,
    guest: GuestID
  ) throws(HTTPClient.Failure) {
    guard let handle = curl_multi_init() else {
      throw .exhausted(code: Int(CURLE_OUT_OF_MEMORY.rawValue))
    }
    (self.handle, self.loop, self.guest) = (handle, loop, guest)
    total = configuration.maximumConnectionCount
    ccurl_multi_set_socket(handle, socketChanged, Unmanaged.passUnretained(self).toOpaque())
    ccurl_multi_set_timer(handle, timerChanged, Unmanaged.passUnretained(self).toOpaque())
    ccurl_multi_set_number(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, total)
    ccurl_multi_set_number(handle, CURLMOPT_MAXCONNECTS, total)
    ccurl_multi_set_number(
      handle,
      CURLMOPT_MAX_HOST_CONNECTIONS,
      configuration.maximumConnectionsPerHost
    )
    ccurl_multi_set_number(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
  }

  /// Has libcurl leave room for lookups that go on though nobody waits for them.
  ///
  /// For libcurl, what is looked up is a connection already. With more room than that, idle connections
  /// to some hosts would stand beside as many active ones to others as there may be in all.
  func allow(lookups count: Int) {
    guard count != lookupCount else { return }
    lookupCount = count
    ccurl_multi_set_number(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, total + count)
  }

  /// Closes the connections that are kept; no transfer may be left.
  func close() {
    // Cached connections are closed in here, and their sockets told of.
    curl_multi_cleanup(handle)
    for id in sockets.values { loop.deregister(id) }
    sockets = [:]
    cancelTimer()
  }

  /// Tells libcurl of sockets that became ready.
  func ready(_ events: [ReadyEvent]) {
    for event in events where sockets[event.id.descriptor] == event.id {
      var what: CInt = 0
      if event.isReadable { what |= CURL_CSELECT_IN }
      if event.isWritable { what |= CURL_CSELECT_OUT }
      if event.isHangup { what |= CURL_CSELECT_ERR }
      act(on: event.id.descriptor, what)
    }
  }

  /// Notes that a timer fired; `false` when it is not libcurl's.
  func fired(_ id: TimerID) -> Bool {
    guard id == timer else { return false }
    timer = nil
    isTimeoutDue = true
    return true
  }

  /// Lets libcurl go on where its time has come.
  func runDueTimeout() {
    guard isTimeoutDue else { return }
    isTimeoutDue = false
    act(on: CURL_SOCKET_TIMEOUT, 0)
  }

  /// Has libcurl called in the next turn, so that others get their turn before.
  func postponeDueTimeout() {
    guard isTimeoutDue, timer == nil else { return }
    isTimeoutDue = false
    timer = loop.schedule(at: .now, guest: guest)
  }

  /// Takes the next transfer that has ended, with how it ended.
  func nextEnded() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
    var left: CInt = 0
    while let message = curl_multi_info_read(handle, &left) {
      if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
        return (easy, message.pointee.data.result)
      }
    }
    return nil
  }

  /// Takes the transfers that can't go on, since the loop can't watch their sockets.
  func takeUnwatched() -> [UInt64] {
    defer { unwatched = [] }
    return unwatched
  }

  fileprivate func noteUnwatched(_ id: UInt64) {
    unwatched.append(id)
  }

  private func act(on socket: CInt, _ what: CInt) {
    var running: CInt = 0
    let code = curl_multi_socket_action(handle, socket, what, &running)
    precondition(code != CURLM_BAD_HANDLE && code != CURLM_RECURSIVE_API_CALL, "libcurl is misused")
  }

  /// Watches a socket for what libcurl wants of it now; `false` when that is impossible.
  fileprivate func watch(_ socket: CInt, _ what: CInt) -> Bool {
    let interest: Interest
    switch what {
    case CURL_POLL_IN: interest = .read
    case CURL_POLL_OUT: interest = .write
    case CURL_POLL_INOUT: interest = [.read, .write]
    default:
      if let id = sockets.removeValue(forKey: socket) { loop.deregister(id) }
      return true
    }
    if let id = sockets[socket] {
      do throws(SystemError) {
        try loop.update(id, for: interest)
        return true
      } catch {
        // The number stands for another socket by now, which the kernel does not watch yet.
        loop.deregister(id)
      }
    }
    do throws(SystemError) {
      sockets[socket] = try loop.register(socket, for: interest, guest: guest)
      return true
    } catch {
      sockets[socket] = nil
      return false
    }
  }

  /// Sets the one timer; libcurl must not be called from here.
  fileprivate func setTimer(milliseconds: Int) {
    cancelTimer()
    isTimeoutDue = milliseconds == 0
    guard milliseconds > 0 else { return }
    let deadline = MonotonicInstant.now.advanced(by: .milliseconds(milliseconds))
    timer = loop.schedule(at: deadline, guest: guest)
  }

  private func cancelTimer() {
    if let timer { loop.cancel(timer, guest: guest) }
    timer = nil
  }
}

/// Hears from libcurl which sockets to watch for what (CURLMOPT_SOCKETFUNCTION).
private func socketChanged(
  _ easy: UnsafeMutableRawPointer?,
  _ socket: CInt,
  _ what: CInt,
  _ context: UnsafeMutableRawPointer?,
  _ socketContext: UnsafeMutableRawPointer?
) -> CInt {
  guard let context else { return -1 }
  let multi = Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
  // An error returned from here would end all transfers, for the lack of one.
  if !multi.watch(socket, what), let easy, let transfer = CurlTransfer.of(easy) {
    multi.noteUnwatched(transfer.id)
  }
  return 0
}

/// Hears from libcurl when it wants to be called (CURLMOPT_TIMERFUNCTION).
private func timerChanged(
  _ handle: UnsafeMutableRawPointer?,
  _ milliseconds: Int,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  guard let context else { return -1 }
  Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
    .setTimer(milliseconds: milliseconds)
  return 0
}
