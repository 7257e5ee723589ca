// SPDX-License-Identifier: Apache-2.0
import Foundation
import Sinks
import Storage
import Streams
import Synchronization
import Testing

@testable import Host

/// A directory whose revocations are opened as often as a test likes.
private final class RevocationBench: Sendable {
  let path = NSTemporaryDirectory() + "weir-" + UUID().uuidString
  let said = Mutex<[String]>([])

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Opens the store, and closes it in the end.
  func withStored<Value>(
    _ body: (StoredRevocations, RevocationList) async throws -> Value
  ) async throws -> Value {
    let log = try EventLog(directory: path)
    defer { log.close() }
    let stored = try await StoredRevocations.open(in: DurableTopics(log) { _ in nil }) { line in
      said.withLock { $0.append(line) }
    }
    return try await body(stored, RevocationList(capacity: 4))
  }
}

@Suite struct StoredRevocationsTests {
  private let now = TokenBench.now
  private var later: Timestamp { now + .seconds(3_600) }

  @Test(arguments: [
    Revocation.Subject.user("a user of spaces", issuedBefore: TokenBench.now),
    .user("", issuedBefore: TokenBench.now), .session("token t1"), .token("t1"),
  ])
  func `what was revoked is there when the store is opened again`(
    subject: Revocation.Subject
  ) async throws {
    let bench = RevocationBench()
    let revocation = Revocation(subject, expiry: later)
    try await bench.withStored { stored, list in
      try list.revoke(revocation, at: now)
      try await stored.store(subject, of: list)
    }
    try await bench.withStored { stored, list in
      #expect(stored.load(into: list, at: now) == 1)
      #expect(list.known(subject) == revocation)
      let again = RevocationList()
      #expect(stored.load(into: again, at: later) == 0, "it is over")
    }
    #expect(bench.said.withLock(\.self) == [])
  }

  @Test func `of two for the same the later instants are kept`() async throws {
    let bench = RevocationBench()
    try await bench.withStored { stored, list in
      for (instant, expiry) in [(now, later), (now - .seconds(9), now + .seconds(1))] {
        let subject = Revocation.Subject.user("42", issuedBefore: instant)
        try list.revoke(Revocation(subject, expiry: expiry), at: now)
        try await stored.store(subject, of: list)
      }
    }
    try await bench.withStored { stored, list in
      #expect(stored.load(into: list, at: now) == 1)
      let subject = Revocation.Subject.user("42", issuedBefore: now)
      #expect(list.known(subject) == Revocation(subject, expiry: later))
    }
  }

  @Test func `what the list forgets leaves the disk, unless it was revoked again`() async throws {
    let bench = RevocationBench()
    let names = ["a", "b", "c", "d"]
    try await bench.withStored { stored, list in
      for name in names {
        try list.revoke(Revocation(.token(name), expiry: now + .seconds(1)), at: now)
        try await stored.store(.token(name), of: list)
      }
      let forgotten = try list.revoke(Revocation(.token("e"), expiry: later), at: now + .seconds(1))
      #expect(Set(forgotten) == Set(names.map { .token($0) }))
      try list.revoke(Revocation(.token("a"), expiry: later), at: now + .seconds(1))
      try await stored.store(.token("a"), of: list)
      try await stored.store(.token("e"), of: list)
      try await stored.forget(forgotten, of: list)
    }
    try await bench.withStored { stored, list in
      // All of them, whether they are over or not.
      #expect(stored.load(into: list, at: .distantPast) == 2)
      #expect(list.known(.token("a")) != nil && list.known(.token("e")) != nil)
    }
  }

  @Test func `what is over is deleted when asked for`() async throws {
    let bench = RevocationBench()
    try await bench.withStored { stored, list in
      for (name, expiry) in [("a", now + .seconds(1)), ("b", later)] {
        try list.revoke(Revocation(.session(name), expiry: expiry), at: now)
        try await stored.store(.session(name), of: list)
      }
    }
    try await bench.withStored { stored, list in
      #expect(stored.load(into: list, at: now + .seconds(1)) == 1)
      try await stored.deleteExpired(before: now + .seconds(1), of: list)
    }
    try await bench.withStored { stored, list in
      #expect(stored.load(into: list, at: .distantPast) == 1)
    }
  }
}
