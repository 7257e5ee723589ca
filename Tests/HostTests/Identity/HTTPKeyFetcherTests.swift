// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Testing
import Transport
import WeirTesting

@testable import Host

@Suite struct HTTPKeyFetcherTests {
  /// Runs a body with a server and a fetcher whose deadlines a slow machine meets, too.
  private func withFetcher(_ body: (KeyServer, HTTPKeyFetcher) async throws -> Void) async throws {
    try await KeyServer.with { server in
      var configuration = HTTPKeyFetcher.configuration
      let long = Duration.seconds(120)
      configuration.deadlines = .init(connect: long, firstByte: long, whole: long)
      let fetcher = try HTTPKeyFetcher(agent: "weir test", configuration: configuration)
      try await body(server, fetcher)
      await fetcher.close()
    }
  }

  @Test
  func `keys are rotated without a restart, and those of before count while the server is down`()
    async throws
  {
    try await withFetcher { server, fetcher in
      let clock = ManualClock(TokenBench.now)
      let keeper = try KeyKeeper([.keySetURL(server.url)], fetcher: fetcher, clock: clock)
      let verifier = TokenVerifier(keeper: keeper, policy: TokenPolicy())
      func user(_ algorithm: SignatureAlgorithm, _ keyID: String) async throws -> String {
        let claims = #"{"sub":"\#(keyID)","exp":\#(TokenBench.seconds + 3_600)}"#
        let token = try TokenBench.token(claims, algorithm, keyID: keyID)
        return try await verifier.identity(of: token, by: clock).user
      }
      await server.set(TokenBench.keySet([(.rs256, "2025")]))
      #expect(try await user(.rs256, "2025") == "2025")
      await server.set(TokenBench.keySet([(.rs256, "2025"), (.edDSA, "2026")]))
      clock.advance(to: clock.now + .seconds(10))
      #expect(try await user(.edDSA, "2026") == "2026")
      #expect(try await user(.rs256, "2025") == "2025")
      await server.set(TokenBench.keySet([(.edDSA, "2026"), (.es256, "2027")]))
      clock.advance(to: clock.now + .seconds(10))
      #expect(try await user(.es256, "2027") == "2027")
      await #expect(throws: TokenFailure.unknownKey) { try await user(.rs256, "2025") }
      await server.set(status: 500, [])
      clock.advance(to: clock.now + .seconds(10))
      await #expect(throws: TokenFailure.unknownKey) { try await user(.rs256, "2028") }
      #expect(try await user(.edDSA, "2026") == "2026")
      #expect(await server.requestCount == 4)
    }
  }

  @Test func `an answer that is too large, elsewhere or of another status is none`() async throws {
    try await withFetcher { (server: KeyServer, fetcher: HTTPKeyFetcher) async throws in
      await server.set([UInt8](repeating: 0x20, count: JSONWebKeySet.maximumBytes))
      #expect(try await fetcher.fetch(server.url).get().count == JSONWebKeySet.maximumBytes)
      await server.set([UInt8](repeating: 0x20, count: JSONWebKeySet.maximumBytes + 1))
      #expect(
        await fetcher.fetch(server.url)
          == .failure(
            .transfer(.responseTooLarge(.body, limitBytes: JSONWebKeySet.maximumBytes))
          )
      )
      await server.set(status: 302, fields: ["Location": server.url], [])
      #expect(await fetcher.fetch(server.url) == .failure(.status(302)))
      await server.set(status: 404, TokenBench.keySet([(.es256, "a")]))
      #expect(await fetcher.fetch(server.url) == .failure(.status(404)))
    }
  }

  @Test func `a server that is not there is told of without a secret`() async throws {
    try await withFetcher { _, fetcher in
      let answer = await fetcher.fetch("http://127.0.0.1:1/keys?token=secret")
      guard case .failure(let failure) = answer else { return #expect(Bool(false)) }
      #expect(!"\(failure)".contains("secret"))
    }
  }
}
