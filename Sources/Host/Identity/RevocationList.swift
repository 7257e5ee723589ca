// SPDX-License-Identifier: Apache-2.0
public import Sinks
public import Streams
import Synchronization

/// What was revoked, for as long as anything of it could still be valid.
///
/// It is asked for every token and told to every observer. It is in memory; ``StoredRevocations``
/// gives it what outlives the process.
public final class RevocationList: Sendable {
  /// Why something was not revoked.
  public enum Refusal: Error, Equatable, Sendable {
    /// So many revocations are remembered that none may be forgotten yet.
    case full
  }

  /// The most revocations that are remembered.
  public static let defaultCapacity = 100_000

  /// Is told of a revocation; it must not block, for the one who revokes waits for it.
  public typealias Observer = @Sendable (Revocation) -> Void

  fileprivate struct State {
    /// Before which instant a user's tokens were made, and until when that is remembered.
    var users: [String: (issuedBefore: Timestamp, expiry: Timestamp)] = [:]
    var sessions: [String: Timestamp] = [:]
    var tokens: [String: Timestamp] = [:]
    var observers: [Int: Observer] = [:]
    var lastObserver = 0

    var count: Int { users.count + sessions.count + tokens.count }
  }

  private let state = Mutex(State())
  private let capacity: Int

  /// Makes an empty list.
  ///
  /// - Parameter capacity: The most revocations that are remembered; default 100,000.
  public init(capacity: Int = defaultCapacity) {
    self.capacity = capacity
  }

  /// How many revocations are remembered.
  public var count: Int { state.withLock(\.count) }

  /// Revokes, from this moment on, and tells all observers before it returns.
  ///
  /// - Parameters:
  ///   - revocation: What is revoked, and until when that is remembered.
  ///   - now: The time of the wall clock.
  /// - Returns: What was forgotten, since nothing of it can be valid any more.
  /// - Throws: ``Refusal/full``, when nothing was changed.
  @discardableResult
  public func revoke(
    _ revocation: Revocation,
    at now: Timestamp
  ) throws(Refusal) -> [Revocation.Subject] {
    let change: (observers: [Observer], forgotten: [Revocation.Subject])? = state.withLock {
      state in
      let isNew = state.known(revocation.subject) == nil
      let forgotten = isNew && state.count >= capacity ? state.forget(before: now) : []
      guard !isNew || state.count < capacity else { return nil }
      state.add(revocation)
      return (Array(state.observers.values), forgotten)
    }
    guard let change else { throw .full }
    for observer in change.observers { observer(revocation) }
    return change.forgotten
  }

  /// Takes up what was revoked before the process was started, before anybody is served.
  ///
  /// - Returns: Whether there was room.
  func restore(_ revocation: Revocation) -> Bool {
    state.withLock { state in
      guard state.count < capacity else { return false }
      state.add(revocation)
      return true
    }
  }

  /// What is remembered of a subject, by all that was revoked of it; `nil` if nothing is.
  func known(_ subject: Revocation.Subject) -> Revocation? {
    state.withLock { $0.known(subject) }
  }

  /// Whether a client's token was revoked.
  public func covers(_ identity: ClientIdentity, at now: Timestamp) -> Bool {
    state.withLock { state in
      if let user = state.users[identity.user], now < user.expiry,
        identity.issued.map({ $0 < user.issuedBefore }) ?? true
      {
        return true
      }
      if let session = identity.session, let expiry = state.sessions[session], now < expiry {
        return true
      }
      if let token = identity.tokenID, let expiry = state.tokens[token], now < expiry {
        return true
      }
      return false
    }
  }

  /// Begins to tell somebody of revocations.
  ///
  /// - Parameter observer: Runs on the thread of whoever revokes.
  /// - Returns: What ends it.
  public func observe(_ observer: @escaping Observer) -> Int {
    state.withLock { state in
      state.lastObserver += 1
      state.observers[state.lastObserver] = observer
      return state.lastObserver
    }
  }

  /// Ends what ``observe(_:)`` began.
  public func endObserving(_ id: Int) {
    state.withLock { $0.observers[id] = nil }
  }
}

extension RevocationList.State {
  fileprivate func known(_ subject: Revocation.Subject) -> Revocation? {
    switch subject {
    case .user(let user, _):
      users[user].map {
        Revocation(.user(user, issuedBefore: $0.issuedBefore), expiry: $0.expiry)
      }
    case .session(let session): sessions[session].map { Revocation(subject, expiry: $0) }
    case .token(let token): tokens[token].map { Revocation(subject, expiry: $0) }
    }
  }

  /// Adds a revocation; where the same was revoked before, the later instants count.
  fileprivate mutating func add(_ revocation: Revocation) {
    switch revocation.subject {
    case .user(let user, let instant):
      let before = users[user]
      users[user] = (
        max(instant, before?.issuedBefore ?? .distantPast),
        max(revocation.expiry, before?.expiry ?? .distantPast)
      )
    case .session(let session):
      sessions[session] = max(revocation.expiry, sessions[session] ?? .distantPast)
    case .token(let token):
      tokens[token] = max(revocation.expiry, tokens[token] ?? .distantPast)
    }
  }

  /// Drops what no valid token can be of any more: O(n), and only when there is no room.
  fileprivate mutating func forget(before now: Timestamp) -> [Revocation.Subject] {
    var forgotten: [Revocation.Subject] = []
    for (user, known) in users where known.expiry <= now {
      forgotten.append(.user(user, issuedBefore: known.issuedBefore))
    }
    forgotten += sessions.filter { $0.value <= now }.map { .session($0.key) }
    forgotten += tokens.filter { $0.value <= now }.map { .token($0.key) }
    for subject in forgotten {
      switch subject {
      case .user(let user, _): users[user] = nil
      case .session(let session): sessions[session] = nil
      case .token(let token): tokens[token] = nil
      }
    }
    return forgotten
  }
}
