// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Asks HTTP servers, from an event loop and without ever blocking it.
///
/// Connections are kept and used again, several requests share one of HTTP/2, and whatever exceeds
/// the limits waits in a bounded queue. There are no cookies, no `.netrc` and no proxy unless asked
/// for, and certificates are verified.
///
/// The client is a guest of its loop (``LoopGuest``), which keeps it until ``close()`` or the loop's
/// end; many clients may share a loop with a tenant. libcurl does the work (decision 0007).
public actor HTTPClient: LoopGuest {
  /// A request that was started.
  public struct RequestID: Hashable, Sendable {
    let number: UInt64
  }

  /// Takes what came of a request, on the client's loop.
  public typealias Completion = @Sendable (Result<Response, Failure>) -> Void

  /// A request from its call to its end.
  final class Exchange {
    let id: UInt64
    let request: Request
    let target: HTTPTarget
    let arrival = MonotonicInstant.now
    let completion: Completion
    /// When it left the queue.
    var start: MonotonicInstant?
    var transfer: CurlTransfer?
    var timer: TimerID?

    init(
      _ id: UInt64,
      _ request: Request,
      _ target: HTTPTarget,
      _ completion: @escaping Completion
    ) {
      (self.id, self.request, self.target) = (id, request, target)
      self.completion = completion
    }
  }

  /// The loop that the client lives on.
  public nonisolated let loop: EventLoop
  /// What the client may use, and whom it may talk to.
  public nonisolated let configuration: Configuration

  var guest: GuestID?
  var multi: CurlMulti?
  var isClosed = false
  var queue: RequestQueue
  var exchanges: [UInt64: Exchange] = [:]
  /// Transfers whose requests were given up while a name was looked up: its thread can't be stopped.
  var lookups: [UInt64: (transfer: CurlTransfer, origin: String)] = [:]
  var timers: [TimerID: UInt64] = [:]
  /// What callers are told when the turn ends.
  var completed: [(completion: Completion, result: Result<Response, Failure>)] = []
  /// Handles of ended transfers, which the next ones use.
  var spareHandles: [UnsafeMutableRawPointer] = []
  var counters = Statistics()
  private var lastID: UInt64 = 0

  /// The loop, as the executor of this actor.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Makes a client; it opens nothing before its first request.
  ///
  /// - Parameters:
  ///   - loop: The loop to live on, which need not run yet.
  ///   - configuration: What the client may use, and whom it may talk to.
  /// - Throws: ``Failure/unsupportedLibrary(_:)``.
  public init(
    loop: EventLoop,
    configuration: Configuration = Configuration()
  ) throws(Failure) {
    let least = min(
      configuration.maximumConnectionCount,
      configuration.maximumConnectionsPerHost,
      configuration.maximumStreamsPerHost,
      configuration.maximumAbandonedLookupCount
    )
    precondition(least > 0, "a client must be allowed a connection, a stream and a lookup")
    try CurlLibrary.check()
    self.loop = loop
    self.configuration = configuration
    queue = RequestQueue(configuration)
  }

  /// Sends a request and returns the response, whatever its status.
  ///
  /// Suspends until everything has come; a task of any actor may call it. Cancelling the task ends
  /// the transfer at once and closes its connection (or its stream).
  ///
  /// A request that found its connection, used before, closed without a byte of an answer is sent
  /// once more on another, whatever its method: the server may have seen it twice.
  ///
  /// - Parameter request: What to ask.
  /// - Returns: The response.
  /// - Throws: ``Failure``, which says who can do something about it.
  public func send(_ request: Request) async throws(Failure) -> Response {
    let target = try check(request)
    try open()
    guard !Task.isCancelled else {
      counters.cancelledCount += 1
      throw .cancelled
    }
    let id = nextID()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        accept(Exchange(id, request, target) { continuation.resume(returning: $0) })
      }
    } onCancel: {
      loop.execute { self.assumeIsolated { $0.end(id, .cancelled) } }
    }
    return try result.get()
  }

  /// Sends a request for a caller on the client's own loop, which spares the way over other threads.
  ///
  /// - Parameters:
  ///   - request: What to ask.
  ///   - completion: Runs on the loop, once and never within this call; must not block.
  /// - Returns: What ``cancel(_:)`` takes.
  /// - Throws: ``Failure`` of the caller's, when nothing was begun; the completion does not run.
  public func start(
    _ request: Request,
    then completion: @escaping Completion
  ) throws(Failure) -> RequestID {
    let target = try check(request)
    try open()
    let id = nextID()
    accept(Exchange(id, request, target, completion))
    // Whoever calls while the turn ends comes after the client's own end of it: have another one.
    loop.execute {}
    return RequestID(number: id)
  }

  /// Ends a request with ``Failure/cancelled``, unless it has ended.
  public func cancel(_ id: RequestID) {
    end(id.number, .cancelled)
    // As above: what was cancelled is told, and what waited for its place begins, in a turn's end.
    loop.execute {}
  }

  /// Ends all requests with ``Failure/closed``, closes all connections, and leaves the loop.
  public func close() {
    isClosed = true
    for id in exchanges.keys { end(id, .closed) }
    // Their threads end by themselves; nobody waits for them.
    for (transfer, _) in lookups.values { release(transfer) }
    lookups = [:]
    multi?.close()
    multi = nil
    for handle in spareHandles { releaseHandle(handle) }
    spareHandles = []
    if let guest { loop.dismiss(guest) }
    guest = nil
    tellCompleted()
  }

  /// What the client has done and holds.
  public var statistics: Statistics {
    var statistics = counters
    statistics.activeCount = queue.activeCount
    statistics.abandonedLookupCount = lookups.count
    statistics.waitingCount = queue.waitingCount
    statistics.waitingBytes = queue.waitingBytes
    return statistics
  }

  private func nextID() -> UInt64 {
    lastID += 1
    return lastID
  }

  private func check(_ request: Request) throws(Failure) -> HTTPTarget {
    do throws(RequestFault) {
      try request.check(maximumBodyBytes: configuration.maximumRequestBodyBytes)
      return try HTTPTarget(request.url)
    } catch {
      throw .invalidRequest(error)
    }
  }
}
