// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Runs one thread around one epoll, and is the executor of the actors that live on that thread.
///
/// A turn waits for descriptors (until the next timer at most), tells the tenant which are ready,
/// then which timers came due, runs the jobs and bodies that were queued, and lets the tenant
/// settle. With work queued meanwhile, the next turn does not sleep.
///
/// Jobs that arrive before ``start(tenant:)`` wait for it. Jobs that arrive after the loop ended run
/// on a short-lived thread, one after another as ever, so that an `await` into a tenant whose loop
/// was stopped returns. Everything that says so is confined: call it on the loop's thread only.
///
/// Proof of `@unchecked`: `inbox`, `thread` and `owner` are synchronised, `poller` and `name` never
/// change, and each other variable is only touched by the thread in `owner`, which confined calls check.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
  /// Rounds of jobs per turn.
  ///
  /// Jobs that queue jobs finish before the flush, yet cannot starve sockets.
  static let maximumJobRounds = 16

  /// The name of the loop; its thread shows the first 15 bytes.
  public let name: String

  let poller: Poller
  let inbox = Guarded(LoopInbox())
  var registry = Registry()
  var timers = TimerQueue()
  var turnStart = MonotonicInstant.now
  var readyEvents: [ReadyEvent] = []
  var guests = GuestList()
  var guestEvents: [(number: UInt16, event: ReadyEvent)] = []
  var dueTimers: [TimerID] = []
  var work: [LoopInbox.Work] = []
  var counters = LoopStatistics()

  private let thread = Guarded<SystemThread?>(nil)
  // The thread that runs the loop's jobs, 0 while there is none.
  private let owner = Atomic<UInt>(0)

  /// Opens the loop's epoll; nothing runs yet.
  ///
  /// - Parameter name: What the loop is called in debuggers and logs.
  /// - Throws: ``SystemError`` when no descriptor is left.
  public init(name: String) throws(SystemError) {
    self.name = name
    poller = try Poller()
  }

  /// Starts the loop's thread.
  ///
  /// The loop and its tenant keep each other until the loop ends.
  ///
  /// - Parameter tenant: Who handles descriptors and timers, an actor whose executor is this loop:
  ///   the process stops if it is another. By default nobody: all that happens on the loop are jobs
  ///   and what its guests do.
  /// - Throws: ``SystemError`` when the thread cannot be started; the loop counts as stopped then.
  public func start(tenant: (any LoopTenant)? = nil) throws(SystemError) {
    inbox.withLock { $0.start() }
    let tenant = tenant ?? IdleTenant(loop: self)
    do throws(SystemError) {
      let started = try SystemThread(named: name) {
        self.owner.store(pthread_self(), ordering: .relaxed)
        tenant.assumeIsolated { self.run($0) }
      }
      thread.withLock { $0 = started }
    } catch {
      inbox.withLock { $0.end() }
      drain()
      throw error
    }
  }

  /// Asks the loop to end after the turn it is in.
  ///
  /// Any thread may call it, more than once.
  public func stop() {
    perform(inbox.withLock { $0.stop() })
  }

  /// Blocks the calling thread until the loop's thread has ended; returns at once if none runs.
  public func join() {
    thread.withLock { $0 }?.join()
  }

  /// Whether the caller runs on the loop's thread.
  public var isCurrent: Bool {
    owner.load(ordering: .relaxed) == pthread_self()
  }

  /// Runs a body on the loop's thread, in order with its jobs.
  ///
  /// Any thread may call it.
  public func execute(_ body: @escaping @Sendable () -> Void) {
    perform(inbox.withLock { $0.add(.body(body)) })
  }

  /// Queues a job of an actor that lives on the loop.
  ///
  /// The Swift runtime calls it.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    perform(inbox.withLock { $0.add(.job(job)) })
  }

  /// The loop as the executor of an actor, which must keep the loop alive itself.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// Stops the process unless the caller runs on the loop's thread.
  public func checkIsolated() {
    precondition(isCurrent, "the caller must run on loop \(name)")
  }

  /// Whether the caller runs on the loop's thread; lets `assumeIsolated` work inside a turn.
  public func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }

  private func perform(_ action: LoopInbox.Action) {
    switch action {
    case .none: break
    case .wake: poller.wake()
    case .drain: drainOnItsOwnThread()
    }
  }

  private func run(_ tenant: isolated any LoopTenant) {
    repeat { turn(tenant) } while !inbox.withLock { $0.isStopping }
    endGuests()
    inbox.withLock { $0.end() }
    drain()
  }

  /// Runs what comes after the end, until nothing is left.
  private func drain() {
    owner.store(pthread_self(), ordering: .relaxed)
    while inbox.withLock({ $0.takeLate(into: &work) }) { runWork() }
    _ = owner.compareExchange(expected: pthread_self(), desired: 0, ordering: .relaxed)
  }

  private func drainOnItsOwnThread() {
    do throws(SystemError) {
      _ = try SystemThread(named: name) { self.drain() }
    } catch {
      // No thread to be had: the caller's is better than work that never runs.
      drain()
    }
  }
}

/// Has nothing to do on a loop whose guests and jobs do everything.
private actor IdleTenant: LoopTenant {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(loop: EventLoop) {
    self.loop = loop
  }

  func ready(_ events: [ReadyEvent]) {}
  func fire(_ timers: [TimerID]) {}
  func settle() {}
}
