// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import TestCertificates
import Testing
import Transport

@testable import Host

@Suite struct TokenCommandTests {
  private let files: KeyFiles
  private let secret: String

  init() throws {
    files = try KeyFiles()
    secret = try files.write(TokenBench.secret + [10], to: "secret")
  }

  private func token(_ arguments: String...) async throws -> SignedToken {
    let run = await ToolRun.run(["token", "--secret-file", secret] + arguments)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    return try SignedToken(Array(run.output.utf8.dropLast()))
  }

  private func errors(_ arguments: String...) async -> String {
    let run = await ToolRun.run(["token"] + arguments)
    #expect(run.status != 0 && run.output.isEmpty)
    return run.errors
  }

  @Test func `a token is printed alone on its line, and the server takes it`() async throws {
    let run = await ToolRun.run(["token", "--secret-file", secret, "--user", "42"])
    #expect(run.output.hasSuffix("\n") && run.output.filter { $0 == "\n" }.count == 1)
    let text = Array(run.output.utf8.dropLast())
    let identity = try TokenBench.verifier().identity(of: text, at: SystemClock().now)
    #expect(identity.user == "42" && identity.tokenID?.utf8.count == 16)
    let left = (identity.expiry ?? 0).milliseconds - SystemClock().now.milliseconds
    #expect((3_560_000...3_660_000).contains(left))
  }

  @Test(arguments: [
    (PublishedKeys.rsaPrivate, SignatureAlgorithm.rs256), (PublishedKeys.p256Private, .es256),
    (PublishedKeys.ed25519Private, .edDSA),
  ])
  func `a key is for its algorithm`(pem: String, algorithm: SignatureAlgorithm) async throws {
    let path = try files.write(pem.utf8, to: "key.pem")
    let run = await ToolRun.run([
      "token", "--key", path, "--user", "42", "--algorithm", algorithm.rawValue, "--key-id", "k",
    ])
    let verifier = try TokenBench.verifier([.init(id: "k", key: TokenBench.key(algorithm))])
    let text = Array(run.output.utf8.dropLast())
    #expect(verifier.failure(of: text, at: SystemClock().now) == nil)
    #expect(await errors("--key", path, "--algorithm", "HS256").contains("not for 'HS256'"))
  }

  @Test func `claims are what options say`() async throws {
    let token = try await token(
      "--user",
      "é",
      "--issuer",
      "i",
      "--audience",
      "a",
      "--audience",
      "b",
      "--session",
      "s",
      "--token-id",
      "t",
      "--info",
      #"{"n": 1}"#,
      "--grant",
      "news:*=sub,hst",
      "--grant",
      "a=b=pub",
      "--claims",
      #"{"nbf": 7, "x": [1, 2]}"#,
      "--type",
      "at+jwt"
    )
    let claims = try token.claims()
    #expect(claims["sub"]?.string == "é" && claims["iss"]?.string == "i")
    #expect(claims["aud"]?.elements.compactMap(\.string) == ["a", "b"])
    #expect(claims["sid"]?.string == "s" && claims["jti"]?.string == "t")
    #expect(claims["info"].map(\.compacted) == Array(#"{"n":1}"#.utf8))
    #expect(claims["nbf"]?.int == 7 && claims["x"].map(\.compacted) == Array("[1,2]".utf8))
    #expect(token.header.type == "at+jwt")
    let grants = try ChannelGrants(claim: claims["caps"])
    #expect(grants.permissions(for: "news:1") == [.subscribe, .history])
    #expect(grants.permissions(for: "a=b") == .publish)
  }

  @Test func `a single audience is a text`() async throws {
    #expect(try await token("--user", "u", "--audience", "a").claims()["aud"]?.string == "a")
  }

  @Test func `times come from claims where no option says otherwise`() async throws {
    let given = try await token("--claims", #"{"sub":"u","exp":5,"iat":4}"#).claims()
    #expect(given["exp"]?.int == 5 && given["iat"]?.int == 4)
    let claims = try await token("--anonymous", "--expires", "5m").claims()
    #expect((claims["exp"]?.int ?? 0) - (claims["iat"]?.int ?? 0) == 300)
  }

  @Test func `what can't be is refused with a remedy`() async throws {
    #expect(await errors().contains("there is no key"))
    #expect(await errors("--secret-file", secret, "--key", secret).contains("several keys"))
    #expect(await errors("--key", secret).contains("no private key"))
    #expect(await errors("--secret-file", "/nonexistent").contains("can't be opened"))
    #expect(await errors("--secret-variable", "NONE").contains("is not set"))
    #expect(await errors("--secret-file", secret).contains("--user is missing"))
    let both = await errors("--secret-file", secret, "--user", "u", "--anonymous")
    #expect(both.contains("does not go with a user"))
    #expect(await errors("--secret-file", secret, "--expires", "soon").contains("--expires"))
    #expect(await errors("--secret-file", secret, "--grant", "a").contains("news:*=sub,hst"))
    #expect(await errors("--secret-file", secret, "--grant", "a=sup").contains("'sub'?"))
    #expect(await errors("--secret-file", secret, "--claims", "[]").contains("not an object"))
    #expect(await errors("--secret-file", secret, "--claims", "{").contains("not valid JSON"))
    let twice = await errors("--secret-file", secret, "--user", "a", "--claims", #"{"sub":"b"}"#)
    #expect(twice.contains("'sub' is given twice"))
  }

  @Test func `a secret that is too short is not repeated`() async throws {
    let path = try files.write("hunter2".utf8, to: "short")
    let errors = await errors("--secret-file", path)
    #expect(errors.contains("7 bytes") && !errors.contains("hunter2"))
  }
}
