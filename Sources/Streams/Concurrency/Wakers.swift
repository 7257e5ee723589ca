// SPDX-License-Identifier: Apache-2.0

/// Those who want to be told once that something has changed; kept under the lock of what changes.
///
/// A reader has one consumer, so there is one at most, but for the moment in which it asks anew.
struct Wakers: Sendable {
  /// Tells one of them; called after unlocking.
  typealias Wake = @Sendable () -> Void

  private var waiting: [(id: UInt64, wake: Wake)] = []
  private var nextID: UInt64 = 1

  /// Whether somebody waits.
  var isEmpty: Bool { waiting.isEmpty }

  /// Notes somebody; answers how to name the request.
  mutating func add(_ wake: @escaping Wake) -> UInt64 {
    defer { nextID += 1 }
    waiting.append((nextID, wake))
    return nextID
  }

  /// Takes a request back.
  mutating func remove(_ id: UInt64) {
    waiting.removeAll { $0.id == id }
  }

  /// Everybody who waits, once.
  mutating func takeAll() -> [Wake] {
    if waiting.isEmpty { return [] }
    defer { waiting = [] }
    return waiting.map(\.wake)
  }
}

extension WakeRequest {
  /// Asks several to tell, of which each may; `nil` when one of them says it is worth polling now.
  static func any(
    _ wake: @escaping @Sendable () -> Void,
    of sources: [(@escaping @Sendable () -> Void) -> WakeRequest?]
  ) -> WakeRequest? {
    var requests: [WakeRequest] = []
    for notify in sources {
      guard let request = notify(wake) else {
        for request in requests { request.cancel() }
        return nil
      }
      requests.append(request)
    }
    return WakeRequest { [requests] in for request in requests { request.cancel() } }
  }
}
