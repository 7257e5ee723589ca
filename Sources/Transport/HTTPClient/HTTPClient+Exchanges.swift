// SPDX-License-Identifier: Apache-2.0
import CCurl
import CLinux
import Glibc

// From the queue into libcurl and out again; all on the loop.
extension HTTPClient {
  private static let maximumSpareHandleCount = 32

  /// Becomes a guest of the loop, once.
  func open() throws(Failure) {
    guard !isClosed else { throw .closed }
    guard multi == nil else { return }
    guard let guest = loop.admit(self) else {
      isClosed = true
      throw .closed
    }
    do throws(Failure) {
      multi = try CurlMulti(configuration, on: loop, guest: guest)
      self.guest = guest
    } catch {
      loop.dismiss(guest)
      throw error
    }
    blockBrokenPipeSignal()
  }

  /// Takes in a request, which starts at once or waits.
  func accept(_ exchange: Exchange) {
    let bytes = exchange.request.body?.count ?? 0
    exchanges[exchange.id] = exchange
    switch queue.add(exchange.id, to: exchange.target.origin, bytes: bytes) {
    case .refuse: return conclude(exchange, .failure(.queueFull))
    case .waitDropping(let id):
      if let dropped = exchanges[id] { conclude(dropped, .failure(.queueFull)) }
    case .wait: break
    }
    setTimer(of: exchange)
    startNext()
    counters.peakWaitingCount = max(counters.peakWaitingCount, queue.waitingCount)
  }

  /// Ends a request before its time, wherever it is; nothing of it is left behind.
  func end(_ id: UInt64, _ failure: Failure) {
    guard let exchange = exchanges[id] else { return }
    if exchange.start == nil {
      _ = queue.removeWaiting(id, from: exchange.target.origin)
    } else if let transfer = exchange.transfer, transfer.isLookingUp, !isClosed {
      awaitLookup(of: transfer, exchange)
    } else {
      leave(exchange, isMultiplexed: nil)
    }
    conclude(exchange, .failure(failure))
    startNext()
  }

  /// Takes the transfers that have ended; `false` when there are none.
  func finishEnded() -> Bool {
    guard let multi else { return false }
    var hasEnded = false
    for id in multi.takeUnwatched() { end(id, .exhausted(code: Int(CURLE_FAILED_INIT.rawValue))) }
    while let (easy, code) = multi.nextEnded() {
      guard let transfer = CurlTransfer.of(easy) else { continue }
      if let lookup = lookups.removeValue(forKey: transfer.id) {
        queue.finishLookup(at: lookup.origin)
        release(transfer)
        hasEnded = true
      }
      guard let exchange = exchanges[transfer.id], let start = exchange.start else { continue }
      hasEnded = true
      let result = transfer.result(code, queued: exchange.arrival.duration(to: start))
      // Behind a redirect another server has answered.
      let isOwn = code == CURLE_OK && transfer.redirectCount == 0
      leave(exchange, isMultiplexed: isOwn ? transfer.version == .http2 : nil)
      conclude(exchange, result)
    }
    if hasEnded { startNext() }
    return hasEnded
  }

  /// Sees which deadline of a request has passed, and sets the timer for the next.
  func checkDeadlines(of id: UInt64) {
    guard let exchange = exchanges[id] else { return }
    exchange.timer = nil
    let deadlines = exchange.request.deadlines ?? configuration.deadlines
    let now = loop.now
    if exchange.arrival.advanced(by: deadlines.whole) <= now {
      return end(id, .timeout(exchange.transfer?.phase ?? .queued))
    }
    if let start = exchange.start, let transfer = exchange.transfer {
      let isConnectDue = start.advanced(by: deadlines.connect) <= now
      if isConnectDue, !transfer.isConnected { return end(id, .timeout(.connecting)) }
      let isFirstByteDue = start.advanced(by: deadlines.firstByte) <= now
      if isFirstByteDue, !transfer.assembler.hasBegun { return end(id, .timeout(transfer.phase)) }
    }
    setTimer(of: exchange)
  }

  private func startNext() {
    guard !isClosed else { return }
    multi?.allow(lookups: queue.lookupCount)
    while let id = queue.takeNext() {
      guard let exchange = exchanges[id] else { continue }
      start(exchange)
    }
  }

  private func start(_ exchange: Exchange) {
    exchange.start = .now
    counters.startedCount += 1
    do throws(Failure) {
      let transfer = try makeTransfer(exchange)
      exchange.transfer = transfer
      guard let multi, curl_multi_add_handle(multi.handle, transfer.easy) == CURLM_OK else {
        throw .exhausted(code: Int(CURLE_FAILED_INIT.rawValue))
      }
      setTimer(of: exchange)
    } catch {
      leave(exchange, isMultiplexed: nil)
      conclude(exchange, .failure(error))
    }
  }

  private func makeTransfer(_ exchange: Exchange) throws(Failure) -> CurlTransfer {
    guard let easy = spareHandles.popLast() ?? curl_easy_init() else {
      throw .exhausted(code: Int(CURLE_OUT_OF_MEMORY.rawValue))
    }
    do throws(Failure) {
      return try CurlTransfer(
        exchange.id,
        exchange.request,
        exchange.target,
        configuration,
        on: easy
      )
    } catch {
      curl_easy_cleanup(easy)
      throw error
    }
  }

  /// Takes a request out of libcurl, and gives its place to others.
  private func leave(_ exchange: Exchange, isMultiplexed: Bool?) {
    queue.finish(at: exchange.target.origin, isMultiplexed: isMultiplexed)
    guard let transfer = exchange.transfer else { return }
    exchange.transfer = nil
    counters.openedConnectionCount += transfer.openedCount
    release(transfer)
  }

  /// Leaves a request's transfer in libcurl until its lookup has ended: libcurl could let go of the
  /// lookup's thread, but then nobody would know how many of them run.
  private func awaitLookup(of transfer: CurlTransfer, _ exchange: Exchange) {
    exchange.transfer = nil
    counters.openedConnectionCount += transfer.openedCount
    queue.abandonLookup(at: exchange.target.origin)
    transfer.abandon()
    lookups[transfer.id] = (transfer, exchange.target.origin)
  }

  /// Takes a transfer out of libcurl and keeps its handle for the next.
  func release(_ transfer: CurlTransfer) {
    withExtendedLifetime(transfer) {
      if let multi { curl_multi_remove_handle(multi.handle, transfer.easy) }
      // Reset it now: its options point to the transfer, which goes.
      curl_easy_reset(transfer.easy)
    }
    if spareHandles.count < Self.maximumSpareHandleCount {
      spareHandles.append(transfer.easy)
    } else {
      curl_easy_cleanup(transfer.easy)
    }
  }

  /// Ends a request; its caller is told when the turn ends.
  private func conclude(_ exchange: Exchange, _ result: Result<Response, Failure>) {
    exchanges[exchange.id] = nil
    cancelTimer(of: exchange)
    counters.note(result)
    completed.append((exchange.completion, result))
  }

  /// Tells callers what has ended; they may start requests meanwhile.
  func tellCompleted() {
    guard !completed.isEmpty else { return }
    var told: [(completion: Completion, result: Result<Response, Failure>)] = []
    swap(&told, &completed)
    for (completion, result) in told { completion(result) }
  }

  func releaseHandle(_ handle: UnsafeMutableRawPointer) {
    curl_easy_cleanup(handle)
  }

  /// Sets the one timer of a request to the deadline that comes next.
  private func setTimer(of exchange: Exchange) {
    cancelTimer(of: exchange)
    guard let guest else { return }
    let deadlines = exchange.request.deadlines ?? configuration.deadlines
    var next = exchange.arrival.advanced(by: deadlines.whole)
    if let start = exchange.start, let transfer = exchange.transfer {
      if !transfer.isConnected { next = min(next, start.advanced(by: deadlines.connect)) }
      if !transfer.assembler.hasBegun { next = min(next, start.advanced(by: deadlines.firstByte)) }
    }
    guard let timer = loop.schedule(at: next, guest: guest) else { return }
    exchange.timer = timer
    timers[timer] = exchange.id
  }

  private func cancelTimer(of exchange: Exchange) {
    guard let timer = exchange.timer else { return }
    exchange.timer = nil
    timers[timer] = nil
    if let guest { loop.cancel(timer, guest: guest) }
  }

  /// Keeps a server that hung up from ending the process: OpenSSL writes without MSG_NOSIGNAL.
  private func blockBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}
