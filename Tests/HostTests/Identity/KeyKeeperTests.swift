// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Testing
import Transport
import WeirTesting

@testable import Host

@Suite struct KeyKeeperTests {
  private static let url = "https://a.example/keys"
  private static let down = Result<[UInt8], KeyFetchFailure>.failure(.status(503))

  private static func answer(_ ids: String...) -> Result<[UInt8], KeyFetchFailure> {
    .success(TokenBench.keySet(ids.map { (.es256, $0) }))
  }

  private func token(_ keyID: String) throws -> [UInt8] {
    let claims = #"{"sub":"42","exp":\#(TokenBench.seconds + 60)}"#
    return try TokenBench.token(claims, .es256, keyID: keyID)
  }

  @Test func `a file that was replaced is read again`() async throws {
    let files = try KeyFiles()
    let path = try files.write(TokenBench.keySet([(.es256, "old")]), to: "keys.json")
    let clock = ManualClock(TokenBench.now)
    let keeper = try KeyKeeper([.keySetFile(path: path)], clock: clock)
    let verifier = TokenVerifier(keeper: keeper, policy: TokenPolicy())
    #expect(verifier.failure(of: try token("old")) == nil)
    try files.write(TokenBench.keySet([(.es256, "new")]), to: "keys.json")
    #expect(verifier.failure(of: try token("new")) == .unknownKey)
    #expect(await keeper.refresh())
    #expect(verifier.failure(of: try token("new")) == nil)
    #expect(verifier.failure(of: try token("old")) == .unknownKey)
  }

  @Test func `a file that can't be read leaves the old keys, and is told of once`() async throws {
    let files = try KeyFiles()
    let path = try files.write(TokenBench.secret, to: "secret")
    let clock = ManualClock(TokenBench.now)
    let lines = Mutex<[String]>([])
    let keeper = try KeyKeeper([.secretFile(path: path, id: nil)], clock: clock) { line in
      lines.withLock { $0.append(line) }
    }
    for text in ["short", "other"] {
      try files.write(text.utf8, to: "secret")
      clock.advance(to: clock.now + .seconds(1))
      #expect(await keeper.refresh() == false)
    }
    try files.remove("secret")
    clock.advance(to: clock.now + .seconds(1))
    _ = await keeper.refresh()
    #expect(keeper.ring.keys.entries.count == 1)
    #expect(await keeper.statistics.failingCount == 1)
    try files.write(TokenBench.secret + [1], to: "secret")
    clock.advance(to: clock.now + .seconds(1))
    #expect(await keeper.refresh())
    let told = lines.withLock { $0 }
    #expect(told.count == 3 && told.last?.hasSuffix("keys are there again") == true)
    #expect(told.allSatisfy { $0.hasPrefix(path) && !$0.contains("other") })
    #expect(await keeper.statistics.failingCount == 0)
  }

  @Test func `a running keeper sees files and servers change`() async throws {
    let files = try KeyFiles()
    let path = try files.write(TokenBench.keySet([(.es256, "file-1")]), to: "keys.json")
    let clock = ManualClock(TokenBench.now)
    let fetcher = FakeFetcher(Self.answer("url-1"))
    let keeper = try KeyKeeper(
      [.keySetFile(path: path), .keySetURL(Self.url)],
      fetcher: fetcher,
      clock: clock
    )
    let running = Task { await keeper.run() }
    await fetcher.isAsked(1)
    await clock.sleepers(1)
    while keeper.ring.keys.entries.count < 2 { await Task.yield() }
    #expect(keeper.ring.keys.entries.map(\.id) == ["file-1", "url-1"])
    try files.write(TokenBench.keySet([(.es256, "file-2")]), to: "keys.json")
    await fetcher.set(Self.answer("url-2"))
    clock.advance(to: clock.now + .seconds(600))
    await fetcher.isAsked(2)
    while keeper.ring.keys.entries.map(\.id) != ["file-2", "url-2"] { await Task.yield() }
    running.cancel()
    await running.value
  }

  @Test func `an unknown key has the server asked, at most once in ten seconds`() async throws {
    let clock = ManualClock(TokenBench.now)
    let fetcher = FakeFetcher(Self.answer("a"))
    let keeper = try KeyKeeper([.keySetURL(Self.url)], fetcher: fetcher, clock: clock)
    let verifier = TokenVerifier(keeper: keeper, policy: TokenPolicy())
    #expect(verifier.failure(of: try token("a")) == .noKeys)
    #expect(try await verifier.identity(of: token("a"), by: clock).user == "42")
    await fetcher.set(Self.answer("a", "b"))
    for _ in 0..<100 {
      await #expect(throws: TokenFailure.unknownKey) {
        try await verifier.identity(of: token("b"), by: clock)
      }
    }
    #expect(await fetcher.count == 1)
    clock.advance(to: clock.now + .seconds(10))
    #expect(try await verifier.identity(of: token("b"), by: clock).user == "42")
    #expect(await fetcher.count == 2)
    // Tokens that are wrong otherwise have nobody asked.
    clock.advance(to: clock.now + .seconds(10))
    let forged = try token("a").dropLast(4) + Array("AAAA".utf8)
    await #expect(throws: TokenFailure.badSignature) {
      try await verifier.identity(of: Array(forged), by: clock)
    }
    #expect(await fetcher.count == 2)
  }

  @Test func `those who ask while an answer is on its way wait for it`() async throws {
    let clock = ManualClock(TokenBench.now)
    let fetcher = FakeFetcher(Self.answer("a"))
    let keeper = try KeyKeeper([.keySetURL(Self.url)], fetcher: fetcher, clock: clock)
    await fetcher.hold()
    let asking = (0..<20).map { _ in Task { await keeper.refresh() } }
    await fetcher.isAsked(1)
    while await keeper.waitingCount < 19 { await Task.yield() }
    await fetcher.release()
    for task in asking { #expect(await task.value) }
    #expect(await fetcher.count == 1)
  }

  @Test func `the old keys count while a server is down, for a day`() async throws {
    let clock = ManualClock(TokenBench.now)
    let fetcher = FakeFetcher(Self.answer("a"))
    let lines = Mutex<[String]>([])
    let keeper = try KeyKeeper([.keySetURL(Self.url)], fetcher: fetcher, clock: clock) { line in
      lines.withLock { $0.append(line) }
    }
    let running = Task { await keeper.run() }
    while keeper.ring.keys.entries.isEmpty { await Task.yield() }
    await clock.sleepers(1)
    await fetcher.set(Self.down)
    clock.advance(to: clock.now + .seconds(601))
    await fetcher.isAsked(2)
    while await keeper.statistics.failedCount < 1 { await Task.yield() }
    await fetcher.set(.success(Array("<html>".utf8)))
    clock.advance(to: clock.now + .seconds(11))
    while await keeper.statistics.failedCount < 2 { await Task.yield() }
    #expect(keeper.ring.keys.entries.count == 1)
    await clock.sleepers(1)
    clock.advance(to: TokenBench.now + .seconds(86_401))
    while !keeper.ring.keys.entries.isEmpty { await Task.yield() }
    await fetcher.set(Self.answer("b"))
    while keeper.ring.keys.entries.map(\.id) != ["b"] {
      await clock.sleepers(1)
      clock.advance(to: clock.now + .seconds(1))
    }
    running.cancel()
    await running.value
    let told = lines.withLock { $0 }
    #expect(told.contains { $0.contains("status 503") } && told.contains { $0.contains("dropped") })
  }

  @Test(arguments: [
    "http://a.example/keys", "http://192.168.0.1/keys", "ftp://a.example/", "keys.json", "",
    "https://user:secret@a.example/", "http://localhost.a.example/", "http://a.example/?key=secret",
  ])
  func `keys do not come over a wire that anybody could be on`(url: String) {
    let failure = #expect(throws: KeySourceFailure.self) {
      try KeyKeeper([.keySetURL(url)], fetcher: FakeFetcher(Self.down), clock: ManualClock())
    }
    #expect(failure.map { "\($0)".contains("secret") } == false)
  }

  @Test(arguments: [
    "https://a.example/keys", "http://127.0.0.1:8080/", "http://localhost/", "http://[::1]/",
  ])
  func `keys come over TLS, or from this machine`(url: String) throws {
    _ = try KeyKeeper([.keySetURL(url)], fetcher: FakeFetcher(Self.down), clock: ManualClock())
  }

  @Test func `a source that is wrong shows at once`() {
    #expect(throws: KeySourceFailure.self) {
      try KeyKeeper([.secretFile(path: "/nonexistent", id: nil)], clock: ManualClock())
    }
  }
}
