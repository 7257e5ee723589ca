// SPDX-License-Identifier: Apache-2.0
import Sinks
import Synchronization
import Transport

/// Decides which connections may be open: so many in all, and so many of one address.
///
/// An IPv6 address stands for its network of 64 bits, of which one peer can have every address
/// (RFC 6177 §2).
final class Admission: Sendable {
  private struct State {
    var count = 0
    var byNetwork: [SocketAddress: Int] = [:]
  }

  private let maximumCount: Int
  private let maximumPerAddress: Int?
  private let state = Mutex(State())

  init(maximumCount: Int, maximumPerAddress: Int?) {
    (self.maximumCount, self.maximumPerAddress) = (maximumCount, maximumPerAddress)
  }

  /// How many connections are open.
  var count: Int { state.withLock { $0.count } }

  /// Lets a connection in, or says why not; one that was let in must ``leave(_:)``.
  func admit(_ address: SocketAddress?) -> RefusalReason? {
    let network = maximumPerAddress == nil ? nil : address?.network
    return state.withLock { state in
      guard state.count < maximumCount else { return .connections }
      if let network, let maximumPerAddress {
        guard state.byNetwork[network, default: 0] < maximumPerAddress else { return .address }
        state.byNetwork[network, default: 0] += 1
      }
      state.count += 1
      return nil
    }
  }

  /// Hears that a connection has ended.
  func leave(_ address: SocketAddress?) {
    let network = maximumPerAddress == nil ? nil : address?.network
    state.withLock { state in
      state.count -= 1
      guard let network, let count = state.byNetwork[network] else { return }
      state.byNetwork[network] = count == 1 ? nil : count - 1
    }
  }
}

/// The bytes that a server holds for its peers, beyond what topics keep: pieces of requests and
/// messages, answers and replies that were not taken, what was read from disk for clients that recover, and
/// what TLS has encrypted and not sent.
///
/// Events on their way are not among them, but for those that TLS has encrypted or that wait joined
/// because they are small: the bytes of others are shared, and there anyway.
final class ByteBudget: HeldBytes {
  private let limit: Int
  private let bytes = Atomic<Int>(0)

  init(limit: Int) {
    self.limit = limit
  }

  /// The bytes that are held.
  var held: Int { bytes.load(ordering: .relaxed) }
  /// Whether nothing should be added; loops look at it between pieces, so it may be passed a little.
  var isExhausted: Bool { held >= limit }

  /// Adds to what is held, or takes from it.
  func change(by difference: Int) {
    bytes.add(difference, ordering: .relaxed)
  }
}
