// SPDX-License-Identifier: Apache-2.0
public import Streams
import Synchronization

/// Knows which clients are in which channels, and tells subscribers who comes and goes.
///
/// Joins and leaves are told together, some time after they happened: a client that was away no
/// longer than that was never away. What is told goes through a topic of the channel's own, so a
/// subscriber that is slow costs its cursor, as with publications.
public final class PresenceBoard: Sendable {
  fileprivate struct Member {
    let info: ClientInfo
    /// Under how many names of the channel it has subscribed.
    var count = 1
  }

  fileprivate struct Channel {
    var members: [String: Member] = [:]
    var countOfUser: [String: Int] = [:]
    /// Who was told to be there before what is still to be told; `nil` for nobody.
    var before: [String: ClientInfo?] = [:]
    /// Told of who comes and goes, while somebody wants to know, and by how many.
    var news: (topic: Topic<Event>, readers: Int)?
  }

  private struct State {
    var channels: [String: Channel] = [:]
    /// Channels with something to be told.
    var changed: Set<String> = []
    /// Whether that will be told by itself.
    var isScheduled = false
  }

  /// The newest joins and leaves that a slow subscriber still gets.
  public static let keptNews = 16_384

  private let state = Mutex(State())
  private let clock: any EngineClock
  private let pause: Duration?

  /// Makes a board without clients.
  ///
  /// - Parameters:
  ///   - clock: Says when something was told.
  ///   - pause: How long after the first change what has changed is told; default 100 ms, `nil` for never
  ///     but when ``tell()`` is called.
  public init(
    clock: any EngineClock = SystemClock(),
    tellingAfter pause: Duration? = .milliseconds(100)
  ) {
    (self.clock, self.pause) = (clock, pause)
  }

  /// Notes that a client is in a channel; under a further name of it, nothing changes.
  func enter(_ channel: String, _ info: ClientInfo) {
    let isDue = state.withLock { state in
      var place = state.channels.removeValue(forKey: channel) ?? Channel()
      if place.members[info.client] == nil {
        place.note(info.client)
        place.members[info.client] = Member(info: info)
        place.countOfUser[info.user, default: 0] += 1
        if place.news != nil { state.changed.insert(channel) }
      } else {
        place.members[info.client]?.count += 1
      }
      state.channels[channel] = place
      return schedule(&state)
    }
    if isDue { tellLater() }
  }

  /// Notes that a client has left a channel, under one of its names.
  func leave(_ channel: String, _ client: String) {
    let isDue = state.withLock { state in
      guard var place = state.channels.removeValue(forKey: channel) else { return false }
      if let member = place.members[client], member.count > 1 {
        place.members[client]?.count -= 1
      } else if place.members[client] != nil {
        place.note(client)
        place.remove(client)
        if place.news != nil { state.changed.insert(channel) }
      }
      if !place.isUnused { state.channels[channel] = place }
      return schedule(&state)
    }
    if isDue { tellLater() }
  }

  /// Answers whether somebody has to see to it that what has changed is told.
  private func schedule(_ state: inout State) -> Bool {
    guard pause != nil, !state.changed.isEmpty, !state.isScheduled else { return false }
    state.isScheduled = true
    return true
  }

  private func tellLater() {
    guard let pause else { return }
    Task {
      // Nobody cancels it.
      try? await Task.sleep(for: pause)
      tell()
    }
  }

  /// Who is in a channel, by name of the connection.
  ///
  /// - Returns: `nil` if there are more than `limit`.
  public func members(
    of channel: String,
    limit: Int
  ) -> [(client: String, info: ClientInfo)]? {
    state.withLock { state in
      guard let members = state.channels[channel]?.members else { return [] }
      guard members.count <= limit else { return nil }
      return members.map { ($0.key, $0.value.info) }
    }
  }

  /// How many connections and how many users are in a channel; nobody is looked at for it.
  public func counts(of channel: String) -> (clients: Int, users: Int) {
    state.withLock { state in
      guard let place = state.channels[channel] else { return (0, 0) }
      return (place.members.count, place.countOfUser.count)
    }
  }

  /// How many channels somebody is in.
  public var channelCount: Int {
    state.withLock { $0.channels.values.count { !$0.members.isEmpty } }
  }

  /// The topic in which it is told who comes and goes, from now on until ``closeNews(of:)``.
  func openNews(of channel: String) -> Topic<Event> {
    state.withLock { state in
      if let news = state.channels[channel]?.news {
        state.channels[channel]?.news?.readers += 1
        return news.topic
      }
      let topic = Topic<Event>(
        "\(channel)?news",
        retention: Retention(maximumCount: Self.keptNews),
        clock: clock,
        weigher: .each { $0.weight }
      )
      state.channels[channel, default: Channel()].news = (topic, 1)
      return topic
    }
  }

  /// Ends what ``openNews(of:)`` began.
  func closeNews(of channel: String) {
    state.withLock { state in
      guard let readers = state.channels[channel]?.news?.readers else { return }
      guard readers == 1 else {
        state.channels[channel]?.news?.readers -= 1
        return
      }
      state.channels[channel]?.news = nil
      state.channels[channel]?.before = [:]
      if state.channels[channel]?.isUnused ?? false { state.channels[channel] = nil }
    }
  }

  /// Tells what has changed since the last time.
  public func tell() {
    let told: [(Topic<Event>, [Event])] = state.withLock { state in
      let changed = state.changed
      (state.changed, state.isScheduled) = ([], false)
      return changed.compactMap { name in
        guard let topic = state.channels[name]?.news?.topic else { return nil }
        let events = state.channels[name]?.takeNews() ?? []
        return events.isEmpty ? nil : (topic, events)
      }
    }
    for (topic, events) in told {
      // In steps that the topic takes: nobody holds it back.
      for start in stride(from: 0, to: events.count, by: Self.keptNews / 4) {
        _ = topic.offer(Array(events[start...].prefix(Self.keptNews / 4))) { _ in }
      }
    }
  }
}

extension PresenceBoard.Channel {
  fileprivate var isUnused: Bool { members.isEmpty && news == nil }

  /// Remembers what was told of a client, before that changes.
  fileprivate mutating func note(_ client: String) {
    guard news != nil, before[client] == nil else { return }
    before[client] = .some(members[client]?.info)
  }

  fileprivate mutating func remove(_ client: String) {
    guard let member = members.removeValue(forKey: client) else { return }
    let left = countOfUser[member.info.user, default: 1] - 1
    countOfUser[member.info.user] = left > 0 ? left : nil
  }

  /// What has to be told, leaves first.
  fileprivate mutating func takeNews() -> [Event] {
    defer { before = [:] }
    var (leaves, joins): ([Event], [Event]) = ([], [])
    for (client, told) in before {
      let now = members[client]?.info
      guard now != told else { continue }
      if let told { leaves.append(told.event(.leave)) }
      if let now { joins.append(now.event(.join)) }
    }
    return leaves + joins
  }
}
