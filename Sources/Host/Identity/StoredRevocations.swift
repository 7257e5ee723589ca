// SPDX-License-Identifier: Apache-2.0
import Sinks
public import Storage
public import Streams
import Synchronization

/// The revocations of a server on its disk, so that what was revoked stays so over a restart.
///
/// They are a table of the store, which is seen by no client and is in every backup. The list in memory
/// is what decides; this writes down what it says.
public final class StoredRevocations: Sendable {
  /// By what stands for a subject: when tokens of a user were made that are still good, in milliseconds
  /// since 1970 (0 for others), and when it is over.
  typealias Rows = Table<String, [Int64]>

  /// The name of the table.
  static let name = "weir.revocations"
  /// How many are forgotten with one commit.
  private static let step = 256
  /// As much as ever is in the list, and what of it is over and was not deleted yet.
  private static let maximumKeys = 2 * RevocationList.defaultCapacity

  private let table: Rows
  /// Held while the list is asked and the commit is handed over, so that the last one says the most.
  private let order = Mutex<Void>(())

  private init(_ table: Rows) { self.table = table }

  /// Opens them; suspends for the disk.
  ///
  /// What is damaged on the disk is left out, and said: the others hold.
  /// - Parameters:
  ///   - stored: The store.
  ///   - clock: Where its instants come from.
  ///   - report: Says something to whoever runs the server.
  /// - Returns: The revocations.
  /// - Throws: ``TableError`` when they can't be read at all.
  public static nonisolated(nonsending) func open(
    in stored: DurableTopics,
    clock: any EngineClock = SystemClock(),
    report: @Sendable (String) -> Void
  ) async throws(TableError) -> StoredRevocations {
    do throws(TableError) {
      return try await open(stored, clock, .refuse)
    } catch {
      switch error {
      case .damaged, .damagedLog, .missed, .otherDefinition: break
      case .notOpened, .refused: throw error
      }
      report(
        "some revocations are damaged on disk and do not hold any more; the others do: revoke again "
          + "what was revoked of late (\(error))"
      )
      return try await open(stored, clock, .useWhatIsThere)
    }
  }

  private static nonisolated(nonsending) func open(
    _ stored: DurableTopics,
    _ clock: any EngineClock,
    _ recovery: TableRecovery
  ) async throws(TableError) -> StoredRevocations {
    StoredRevocations(
      try await stored.openTable(
        name,
        rules: StorageRules(synchronous: .full, maximumCount: 1_000),
        maximumKeys: maximumKeys,
        maximumBytes: 128 << 20,
        clock: clock,
        recovery: recovery
      )
    )
  }

  /// Gives a list what is remembered still.
  ///
  /// - Returns: How many were given.
  func load(into list: RevocationList, at now: Timestamp) -> Int {
    var count = 0
    for row in table.snapshot() {
      guard let revocation = Revocation(row.key, row.value), now < revocation.expiry else {
        continue
      }
      if list.restore(revocation) { count += 1 }
    }
    return count
  }

  /// Deletes what is over.
  func deleteExpired(before now: Timestamp, of list: RevocationList) async throws(PublishError) {
    let expired = table.snapshot().filter { row in
      // What can't be read is of a later version, which may come back.
      Revocation(row.key, row.value).map { $0.expiry <= now } ?? false
    }
    try await delete(expired.map(\.key), of: list)
  }

  /// Writes down what a list says of a subject; returns when the disk has it.
  ///
  /// - Parameters:
  ///   - subject: What was revoked.
  ///   - list: The list.
  /// - Throws: ``PublishError`` when the disk has not taken it.
  func store(
    _ subject: Revocation.Subject,
    of list: RevocationList
  ) async throws(PublishError) {
    let key = subject.key
    try await publish {
      guard let known = list.known(subject) else { return [] }
      return [.set(key, known.row)]
    }
  }

  /// Deletes what a list has forgotten; what is left of it goes at the next start.
  func forget(
    _ subjects: [Revocation.Subject],
    of list: RevocationList
  ) async throws(PublishError) {
    try await delete(subjects.map(\.key), of: list)
  }

  private func delete(_ keys: [String], of list: RevocationList) async throws(PublishError) {
    var rest = keys[...]
    while !rest.isEmpty {
      let some = rest.prefix(Self.step)
      rest = rest.dropFirst(Self.step)
      try await publish {
        some.filter { key in
          // What was revoked again meanwhile stays.
          Revocation.Subject(key).map { list.known($0) == nil } ?? false
        }
        .map { .delete($0) }
      }
    }
  }

  /// Publishes what `changes` says at the moment when its turn has come.
  private func publish(
    _ changes: @Sendable () -> [Rows.Change]
  ) async throws(PublishError) {
    let result: Result<Void, PublishError> = await withCheckedContinuation { continuation in
      let offer: Offer? = order.withLock { _ in
        let changes = changes()
        guard !changes.isEmpty else { return nil }
        return table.topic.offer(changes) { continuation.resume(returning: $0.map { _ in }) }
      }
      switch offer {
      case nil, .stored?: continuation.resume(returning: .success(()))
      case .refused(let error)?: continuation.resume(returning: .failure(error))
      case .held?: break
      }
    }
    try result.get()
  }
}

extension Revocation.Subject {
  /// What stands for it on disk, whatever its instant.
  fileprivate var key: String {
    switch self {
    case .user(let user, _): "user \(user)"
    case .session(let session): "session \(session)"
    case .token(let token): "token \(token)"
    }
  }

  /// The subject of a key, with no instant; `nil` if it is none.
  fileprivate init?(_ key: String) {
    guard let space = key.firstIndex(of: " ") else { return nil }
    let name = String(key[key.index(after: space)...])
    switch key[..<space] {
    case "user": self = .user(name, issuedBefore: .distantPast)
    case "session": self = .session(name)
    case "token": self = .token(name)
    default: return nil
    }
  }
}

extension Revocation {
  fileprivate var row: [Int64] {
    if case .user(_, let instant) = subject { return [instant.milliseconds, expiry.milliseconds] }
    return [0, expiry.milliseconds]
  }

  fileprivate init?(_ key: String, _ row: [Int64]) {
    guard row.count >= 2, var subject = Subject(key) else { return nil }
    if case .user(let user, _) = subject {
      subject = .user(user, issuedBefore: Timestamp(milliseconds: row[0]))
    }
    self.init(subject, expiry: Timestamp(milliseconds: row[1]))
  }
}
