// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Reaches the sessions of all loops of a server, from anywhere.
public final class SessionReach: Sendable {
  /// By the number of the loop.
  private let posts = Mutex<[Int: FanOutShard.Post]>([:])

  /// Reaches nobody yet.
  public init() {}

  /// Reaches the sessions of another loop too, until it ends.
  public func add(_ loop: Int, _ post: @escaping FanOutShard.Post) {
    posts.withLock { $0[loop] = post }
  }

  /// Reaches them no more.
  public func remove(_ loop: Int) {
    posts.withLock { $0[loop] = nil }
  }

  /// Runs a body on each loop, with its shard, and does not wait for it.
  public func forEach(_ body: @escaping @Sendable (FanOutShard) -> Void) {
    for post in posts.withLock({ $0.values }) { post(body) }
  }

  /// Runs a body on each loop, with its shard.
  ///
  /// - Returns: What it gave, once all loops have done it.
  public func gather<Value: Sendable>(
    _ body: @escaping @Sendable (FanOutShard) -> Value
  ) async -> [Value] {
    var values: [Value] = []
    for post in posts.withLock({ $0.values }) {
      let value: Value? = await withCheckedContinuation { continuation in
        let answer = LoopAnswer(continuation)
        post { answer.give(body($0)) }
      }
      if let value { values.append(value) }
    }
    return values
  }
}

/// What a loop answers; nothing if it ends before it was asked.
private final class LoopAnswer<Value: Sendable>: Sendable {
  private let waiting: Mutex<CheckedContinuation<Value?, Never>?>

  init(_ continuation: CheckedContinuation<Value?, Never>) { waiting = Mutex(continuation) }

  deinit { give(nil) }

  func give(_ value: Value?) {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(returning: value)
  }
}

extension FanOutShard {
  /// The WebSocket sessions that somebody means.
  func webSockets(_ target: SessionTarget) -> [WebSocketSession] {
    allSessions.compactMap { session in
      guard let session = session as? WebSocketSession, target.means(session) else { return nil }
      return session
    }
  }
}

/// Which sessions are meant: those of a user, perhaps one of them, perhaps all but some.
struct SessionTarget: Sendable {
  /// `nil` for anybody.
  let user: String?
  let client: String?
  let kept: Set<String>

  func means(_ session: WebSocketSession) -> Bool {
    session.isConnected && !session.isClosing
      && (user == nil || user == session.access.identity.user)
      && (client == nil || client == session.name) && !kept.contains(session.name)
  }
}
