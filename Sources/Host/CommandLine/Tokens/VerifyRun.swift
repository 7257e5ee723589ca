// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Transport

/// Answers for each token of an input, one after the other.
final class VerifyRun {
  /// The longest line that is read; what is longer is no token.
  private static let maximumLineBytes = 64 << 10

  private let console: any Console
  private let verifier: TokenVerifier
  private let fetcher: HTTPKeyFetcher?
  private let areSubscriptions: Bool

  nonisolated(nonsending) init(
    _ arguments: ParsedArguments,
    _ context: CommandContext
  ) async throws(CommandFailure) {
    let sources = try TokenKeys.sources(arguments)
    console = context.console
    areSubscriptions = arguments.has("subscription")
    fetcher = sources.contains { $0.url != nil } ? try Self.fetcher() : nil
    let keeper: KeyKeeper
    do {
      keeper = try KeyKeeper(
        sources,
        environment: context.environment,
        fetcher: fetcher,
        clock: SteadyClock()
      )
    } catch {
      throw .failure("\(error.source) \(error.detail)", remedy: error.remedy)
    }
    // Asks the servers, if there are any.
    _ = await keeper.refresh()
    guard !keeper.ring.keys.entries.isEmpty else {
      throw .failure("no server of --jwks-url gave keys", remedy: "see whether it answers")
    }
    verifier = TokenVerifier(keeper: keeper, policy: try Self.policy(arguments))
  }

  private static func fetcher() throws(CommandFailure) -> HTTPKeyFetcher {
    do {
      return try HTTPKeyFetcher(agent: "weir")
    } catch {
      throw .failure("keys can't be fetched: \(error)", remedy: "name them in a file by --jwks")
    }
  }

  private static func policy(_ arguments: ParsedArguments) throws(CommandFailure) -> TokenPolicy {
    var policy = TokenPolicy()
    policy.issuer = arguments["issuer"]
    policy.audiences = arguments.all("audience")
    policy.type = arguments["type"]
    policy.requiresExpiry = !arguments.has("no-expiry")
    policy.allowsAnonymous = arguments.has("anonymous")
    if let text = arguments["leeway"] {
      guard let leeway = Duration(parsing: text), leeway <= TokenPolicy.maximumLeeway else {
        throw .misuse("--leeway does not take '\(text)'", remedy: "write 0s to 5m")
      }
      policy.leeway = leeway
    }
    return policy
  }

  /// Ends what asks servers.
  nonisolated(nonsending) func close() async { await fetcher?.close() }

  /// Verifies one token, or those of standard input.
  ///
  /// - Returns: 0 when all are valid.
  nonisolated(nonsending) func verify(_ token: String?) async throws(CommandFailure) -> Int32 {
    if let token {
      return await answer(Array(token.utf8)).isValid ? 0 : CommandFailure.failed
    }
    return try await verify(try InputFile(path: "-"))
  }

  /// Verifies the tokens of an input with constant memory; empty lines are passed over.
  nonisolated(nonsending) func verify(
    _ source: any InputSource
  ) async throws(CommandFailure) -> Int32 {
    var splitter = LineSplitter(maximumLineBytes: Self.maximumLineBytes)
    var areValid = true
    while true {
      while let event = splitter.nextEvent() {
        let line: [UInt8]
        switch event {
        // Too long a line is too long a token, too: its beginning says as much.
        case .oversized: line = [UInt8](repeating: 0, count: Self.maximumLineBytes)
        case .line(let bytes, _): line = Array(bytes)
        }
        if line.isEmpty { continue }
        let (isValid, isRead) = await answer(line)
        areValid = areValid && isValid
        guard isRead else { return CommandFailure.failed }
      }
      var bytes: [UInt8] = []
      switch try source.read(into: &bytes) {
      case .bytes: splitter.receive(bytes)
      case .nothing, .restarted: break
      case .end:
        guard splitter.bufferedCount > 0 else { return areValid ? 0 : CommandFailure.failed }
        splitter.receiveEnd()
      }
    }
  }

  private nonisolated(nonsending) func answer(
    _ token: [UInt8]
  ) async -> (isValid: Bool, isRead: Bool) {
    do throws(TokenFailure) {
      let claims: JSONView
      do throws(TokenFailure) {
        claims = try check(token)
      } catch {
        guard error == .unknownKey, await verifier.refreshKeys() else { throw error }
        claims = try check(token)
      }
      return (true, console.printLine(VerifyAnswer.valid(token, claims)))
    } catch {
      return (false, console.printLine(VerifyAnswer.invalid(error)))
    }
  }

  private func check(_ token: [UInt8]) throws(TokenFailure) -> JSONView {
    let now = SystemClock().now
    if areSubscriptions {
      _ = try verifier.permit(of: token, at: now)
    } else {
      _ = try verifier.identity(of: token, at: now)
    }
    return try verifier.claims(of: token, at: now).view
  }
}
