// SPDX-License-Identifier: Apache-2.0
import Transport

// What a run does one after the other.
extension FanoutDriver {
  /// How often deadlines are looked at.
  private static let tickLength: Duration = .milliseconds(20)

  func open() {
    measured.idleUse = ProcessUse.read(plan.processes)
    do {
      _ = try loop.register(timer.descriptor, for: .read)
    } catch {
      return fail(.failure("\(error)"))
    }
    _ = loop.schedule(after: Self.tickLength)
  }

  /// Ends a turn: sends, publishes what is due, goes on to the next stage.
  func settle() {
    if stage == .connecting { connectMore() }
    publishDue()
    for publisher in publishers { publisher.pump() }
    let descriptors = touched
    touched.removeAll(keepingCapacity: true)
    for descriptor in descriptors { peers[descriptor]?.connection.flush() }
    advance()
  }

  func fire(_ timers: [TimerID]) {
    guard stage != .over else { return }
    _ = loop.schedule(after: Self.tickLength)
    let waited = lastReady.duration(to: .now)
    if stage == .connecting, waited > plan.patience {
      let count = peers.count - pending.count
      return fail(
        .failure(
          "\(count) of \(plan.subscriberCount + plan.connectedPublisherCount) connections were ready after "
            + "\(plan.patience.components.seconds) s without another",
          remedy: "give fewer --subscribers or more --patience"
        )
      )
    }
    if stage == .measuring { pauseSlow() }
  }

  func cut() {
    isInterrupted = true
    switch stage {
    case .connecting, .warmingUp, .settlingWarmUp:
      fail(.failure("interrupted before anything was measured"))
    case .measuring where !isCut: isCut = true
    default: finish()
    }
  }

  private func connectMore() {
    while pending.count < Self.maximumPending, subscribers.count < plan.subscriberCount {
      let index = subscribers.count
      guard
        let subscriber = connect({ connection in
          Subscriber(
            connection,
            index: index,
            isSlow: Self.isSlow(index, plan),
            plan: plan,
            server: server,
            run: run,
            tally: tally
          )
        })
      else { return }
      subscribers.append(subscriber)
    }
    // Publishers come last, so that none is left without a request for long.
    guard subscribers.count == plan.subscriberCount, pending.isEmpty else { return }
    if measured.connectMilliseconds == nil {
      measured.connectMilliseconds = (began.duration(to: .now) / .milliseconds(1)).rounded()
      measured.connectedUse = ProcessUse.read(plan.processes)
    }
    while pending.count < Self.maximumPending, publishers.count < plan.connectedPublisherCount {
      let publisher = connect { connection in
        Publisher(connection, plan: plan, server: server, run: run, tally: tally)
      }
      guard let publisher else { return }
      publishers.append(publisher)
    }
  }

  private func connect<Peer: RunConnection>(_ make: (Connection) -> Peer) -> Peer? {
    do {
      let socket = try outgoing.connect()
      let id = try loop.register(socket.descriptor, for: [.read, .write])
      let peer = make(Connection(id: id, socket: socket, outboundLimit: 4 << 20))
      peers[id.descriptor] = peer
      pending.insert(id.descriptor)
      unopened.insert(id.descriptor)
      return peer
    } catch {
      fail(.failure(error.description, remedy: "give fewer --subscribers, or raise 'ulimit -n'"))
      return nil
    }
  }

  // MARK: Stages

  private func advance() {
    switch stage {
    case .connecting:
      for publisher in publishers where publisher.isReady {
        pending.remove(publisher.connection.id.descriptor)
      }
      guard publishers.count == plan.connectedPublisherCount, pending.isEmpty else { return }
      begin(.warmingUp, for: plan.warmUp)
    case .warmingUp where isStretchOver: stage = .settlingWarmUp
    case .settlingWarmUp where isSettled: beginMeasuring()
    case .measuring where isStretchOver:
      for subscriber in subscribers where subscriber.isPaused { resume(subscriber) }
      stage = .settling
    case .settling where isSettled: finish()
    default: break
    }
  }

  private func beginMeasuring() {
    tally.beginMeasuring()
    measured.useBefore = ProcessUse.read(plan.processes)
    switch plan.length {
    case .events: begin(.measuring, for: .seconds(86_400))
    case .seconds(let seconds): begin(.measuring, for: .seconds(seconds))
    }
    publishDue()
    for publisher in publishers { publisher.pump() }
  }

  private func begin(_ next: Stage, for length: Duration) {
    stage = next
    stretchBegan = .now
    stretchEnds = stretchBegan.advanced(by: length)
    stretchFirst = tally.publishedCount
    if case .rate = plan.load { timer.set(at: stretchBegan) }
  }

  /// Whether all of the stretch was published.
  var isStretchOver: Bool {
    if isCut { return true }
    let count = tally.publishedCount - stretchFirst
    if tally.publishedCount >= FanoutPlan.maximumEvents { return true }
    if stage == .measuring, case .events(let events) = plan.length { return count >= events }
    if case .rate(let perSecond) = plan.load { return due(count, perSecond) >= stretchEnds }
    return MonotonicInstant.now >= stretchEnds
  }

  /// Whether nothing is on its way any more, or has been for longer than there is patience.
  private var isSettled: Bool {
    for publisher in publishers { publisher.finishStream() }
    let isQuiet =
      tally.inFlightCount == 0 && publishers.allSatisfy(\.isSettled)
      && subscribers.allSatisfy { !$0.isSlow || $0.isCaughtUp }
    let silence = max(tally.lastProgress, stretchBegan).duration(to: .now)
    return isQuiet || silence > plan.patience
  }

  func finish() {
    guard stage != .over else { return }
    measured.useAfter = ProcessUse.read(plan.processes)
    let until = plan.load == .idle ? .now : max(tally.lastProgress, stretchBegan)
    measured.length = stretchBegan.duration(to: until)
    stage = .over
    measured.isInterrupted = isInterrupted
    measured.disconnectedCount = disconnectedCount
    outcome.finish(.success(FanoutReport(plan, server, measured, tally, subscribers)))
    end()
  }
}
