// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Sinks
public import Streams
import Synchronization
import Transport

/// Makes tickets that stand for a client once, for what has no place for a token: an `EventSource`
/// sends no header, and what stands in a URL is logged.
///
/// A ticket is 32 random bytes, valid for 30 seconds and for one request. It is kept as a digest,
/// so whoever sees the memory can't use it.
public final class TicketOffice: Sendable {
  /// Why no ticket was made.
  public enum Refusal: Error, Equatable, Sendable {
    /// So many are out that there is no room; some second later there is.
    case full
    /// So many of this user are out.
    case tooManyOfUser
  }

  /// Bounds on tickets.
  public struct Limits: Sendable {
    /// How long one is valid; default 30 s.
    public var lifetime = Duration.seconds(30)
    /// The most that are out at once; default 10,000.
    public var maximumCount = 10_000
    /// The most of one user that are out at once; default 32.
    public var maximumCountPerUser = 32

    /// Takes the defaults.
    public init() {}
  }

  fileprivate struct Ticket {
    let identity: ClientIdentity
    let origin: String?
    let expiry: Timestamp
  }

  fileprivate struct State {
    var tickets: [[UInt8]: Ticket] = [:]
    var countOfUser: [String: Int] = [:]
    /// The digests in the order of their expiry; those before `first` are gone.
    var order: [(digest: [UInt8], expiry: Timestamp)] = []
    var first = 0
  }

  /// How long the text of a ticket is, in bytes.
  public static let textBytes = 43
  private static let randomBytes = 32

  /// Bounds on tickets.
  public let limits: Limits
  private let revocations: RevocationList
  private let state = Mutex(State())

  /// Opens an office.
  ///
  /// - Parameters:
  ///   - revocations: Clients in it are not let in with a ticket either.
  ///   - limits: Bounds on tickets.
  public init(revocations: RevocationList, limits: Limits = Limits()) {
    (self.revocations, self.limits) = (revocations, limits)
  }

  /// How many tickets are out.
  public var count: Int { state.withLock { $0.tickets.count } }

  /// How many places the order has, those of tickets that were redeemed among them.
  var placeCount: Int { state.withLock { $0.order.count } }

  /// Makes a ticket.
  ///
  /// - Parameters:
  ///   - identity: Whom it stands for.
  ///   - origin: The web page's origin that may use it; `nil` for any.
  ///   - now: The time of a clock that is the same for ``redeem(_:origin:at:)``.
  /// - Returns: 43 characters that may stand in a URL.
  /// - Throws: ``Refusal``.
  public func issue(
    to identity: ClientIdentity,
    origin: String?,
    at now: Timestamp
  ) throws(Refusal) -> String {
    let text = String(
      decoding: Base64URL.encode(SecureRandom.bytes(Self.randomBytes)),
      as: UTF8.self
    )
    let ticket = Ticket(identity: identity, origin: origin, expiry: now + limits.lifetime)
    let refusal: Refusal? = state.withLock { state in
      state.dropExpired(at: now)
      guard state.tickets.count < limits.maximumCount else { return .full }
      guard state.countOfUser[identity.user, default: 0] < limits.maximumCountPerUser else {
        return .tooManyOfUser
      }
      state.add(ticket, Digest.sha256(Array(text.utf8)))
      state.dropRedeemed(whenAbove: 2 * limits.maximumCount)
      return nil
    }
    if let refusal { throw refusal }
    return text
  }

  /// Takes a ticket in, which is void from then on, whatever the answer is.
  ///
  /// - Parameters:
  ///   - text: The ticket.
  ///   - origin: The origin of the request; `nil` when it has none.
  ///   - now: The time of the same clock.
  ///   - isKept: Whether it stands for a further request too. Default no.
  /// - Returns: Whom it stands for; `nil` when there is no such ticket (any more), it is of another
  ///   origin, or the client's token has expired or was revoked meanwhile.
  public func redeem(
    _ text: String,
    origin: String?,
    at now: Timestamp,
    isKept: Bool = false
  ) -> ClientIdentity? {
    guard text.utf8.count == Self.textBytes else { return nil }
    let digest = Digest.sha256(Array(text.utf8))
    let ticket = state.withLock { state in
      state.dropExpired(at: now)
      return isKept ? state.tickets[digest] : state.remove(digest)
    }
    guard let ticket, ticket.origin == nil || ticket.origin == origin,
      !ticket.identity.isExpired(at: now), !revocations.covers(ticket.identity, at: now)
    else { return nil }
    return ticket.identity
  }
}

extension TicketOffice.State {
  fileprivate mutating func add(_ ticket: TicketOffice.Ticket, _ digest: [UInt8]) {
    tickets[digest] = ticket
    countOfUser[ticket.identity.user, default: 0] += 1
    order.append((digest, ticket.expiry))
  }

  fileprivate mutating func remove(_ digest: [UInt8]) -> TicketOffice.Ticket? {
    guard let ticket = tickets.removeValue(forKey: digest) else { return nil }
    let user = ticket.identity.user
    let left = countOfUser[user, default: 1] - 1
    countOfUser[user] = left > 0 ? left : nil
    return ticket
  }

  /// Forgets the places of tickets that were redeemed, if there are many: somebody uses them up as
  /// fast as they are made.
  fileprivate mutating func dropRedeemed(whenAbove count: Int) {
    guard order.count - first > count else { return }
    order = order[first...].filter { tickets[$0.digest] != nil }
    first = 0
  }

  /// Drops what is too old; what was redeemed leaves its place in the order then too.
  fileprivate mutating func dropExpired(at now: Timestamp) {
    while first < order.count, order[first].expiry <= now {
      _ = remove(order[first].digest)
      first += 1
    }
    // Amortised: half of it is gone before the rest moves.
    if first > 64, first * 2 > order.count {
      order.removeFirst(first)
      first = 0
    }
  }
}
