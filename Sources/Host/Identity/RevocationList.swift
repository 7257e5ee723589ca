// SPDX-License-Identifier: Apache-2.0
public import Sinks
public import Streams
import Synchronization

/// What was revoked, for as long as anything of it could still be valid.
///
/// It is asked for every token and told to every observer; it is in memory, so a server that was
/// started again knows nothing of it.
public final class RevocationList: Sendable {
  /// Why something was not revoked.
  public enum Refusal: Error, Equatable, Sendable {
    /// So many revocations are remembered that none may be forgotten yet.
    case full
  }

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
  public init(capacity: Int = 100_000) {
    self.capacity = capacity
  }

  /// How many revocations are remembered.
  public var count: Int { state.withLock(\.count) }

  /// Revokes, from this moment on, and tells all observers before it returns.
  ///
  /// - Parameters:
  ///   - revocation: What is revoked, and until when that is remembered.
  ///   - now: The time of the wall clock.
  /// - Throws: ``Refusal/full``, when nothing was changed.
  public func revoke(_ revocation: Revocation, at now: Timestamp) throws(Refusal) {
    let observers: [Observer]? = state.withLock { state in
      if state.count >= capacity { state.forget(before: now) }
      guard state.count < capacity || state.knows(revocation.subject) else { return nil }
      state.add(revocation)
      return Array(state.observers.values)
    }
    guard let observers else { throw .full }
    for observer in observers { observer(revocation) }
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
  fileprivate func knows(_ subject: Revocation.Subject) -> Bool {
    switch subject {
    case .user(let user, _): users[user] != nil
    case .session(let session): sessions[session] != nil
    case .token(let token): tokens[token] != nil
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
  fileprivate mutating func forget(before now: Timestamp) {
    users = users.filter { now < $0.value.expiry }
    sessions = sessions.filter { now < $0.value }
    tokens = tokens.filter { now < $0.value }
  }
}
