// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import TestCertificates
import Testing
import Transport

@testable import Host

@Suite struct VerifyCommandTests {
  private let files: KeyFiles
  private let secret: String

  init() throws {
    files = try KeyFiles()
    secret = try files.write(TokenBench.secret, to: "secret")
  }

  /// A token that is valid now.
  private func token(_ more: String = #""x":1"#) throws -> String {
    let seconds = SystemClock().now.milliseconds / 1_000 + 60
    let token = try TokenBench.token(#"{"sub":"42","exp":\#(seconds),\#(more)}"#)
    return String(decoding: token, as: UTF8.self)
  }

  private func answer(
    _ token: String,
    _ options: String...
  ) async throws -> (status: Int32, json: JSONView) {
    let run = await ToolRun.run(["verify", "--secret-file", secret, token] + options)
    return (run.status, try JSONView.parse(Array(run.output.utf8)))
  }

  @Test func `a valid token is answered with its claims`() async throws {
    let (status, json) = try await answer(token())
    #expect(status == 0 && json["valid"]?.bool == true && json["algorithm"]?.string == "HS256")
    #expect(json["claims"]?["sub"]?.string == "42" && json["claims"]?["x"]?.int == 1)
  }

  @Test func `another is answered with what is wrong`() async throws {
    let expired = String(decoding: try TokenBench.token(#"{"sub":"42","exp":1}"#), as: UTF8.self)
    let (status, json) = try await answer(expired)
    #expect(status == 1 && json["valid"]?.bool == false && json["error"]?.string == "expired")
    #expect(json["claim"]?.string == "exp" && json["detail"]?.string?.isEmpty == false)
    let (_, malformed) = try await answer("nonsense")
    #expect(malformed["error"]?.string == "malformed" && malformed["claim"] == nil)
  }

  @Test func `options say what tokens must be like`() async throws {
    let plain = try token(#""iss":"i","aud":"a""#)
    #expect(try await answer(plain).json["error"]?.string == "wrong-audience")
    #expect(try await answer(plain, "--audience", "a", "--issuer", "i").status == 0)
    let wrong = try await answer(plain, "--audience", "a", "--issuer", "j")
    #expect(wrong.json["error"]?.string == "wrong-issuer")
    let subscription = try token(#""channel":"c""#)
    #expect(try await answer(subscription).json["error"]?.string == "wrong-type")
    #expect(try await answer(subscription, "--subscription").status == 0)
    let endless = String(decoding: try TokenBench.token("{}"), as: UTF8.self)
    #expect(try await answer(endless, "--no-expiry", "--anonymous").status == 0)
    #expect(try await answer(endless, "--anonymous").json["error"]?.string == "missing-claim")
  }

  @Test func `keys come from sets and PEM files, too`() async throws {
    let set = try files.write(TokenBench.keySet([(.es256, "k")]), to: "keys.json")
    let pem = try files.write(PublishedKeys.p256Public.utf8, to: "key.pem")
    let seconds = SystemClock().now.milliseconds / 1_000 + 60
    let token = String(
      decoding: try TokenBench.token(#"{"sub":"42","exp":\#(seconds)}"#, .es256, keyID: "k"),
      as: UTF8.self
    )
    for options in [["--jwks", set], ["--key", pem], ["--jwks", set, "--key", pem]] {
      #expect(await ToolRun.run(["verify", token] + options).status == 0)
    }
    let other = await ToolRun.run(["verify", token, "--secret-file", secret])
    #expect(other.output.contains("unknown-key"))
  }

  @Test func `lines of an input are answered one by one`() async throws {
    let tokens = [try token(), "", "x", try token() + "\r", try token()]
    let input = TextInput(tokens.joined(separator: "\n"))
    let console = FakeConsole()
    var context = CommandContext(environment: [:])
    context.console = console
    let usage = VerifyCommand().usage
    guard
      case .run(let arguments) = try ArgumentParser.parse(["--secret-file", secret], for: usage)
    else { return #expect(Bool(false)) }
    let run = try await VerifyRun(arguments, context)
    #expect(try await run.verify(input) == 1)
    let lines = console.output.split(separator: "\n")
    #expect(lines.map { $0.hasPrefix(#"{"valid":true"#) } == [true, false, true, true])
  }

  @Test func `without keys nothing is verified`() async {
    let run = await ToolRun.run(["verify", "x"])
    #expect(run.status == 2 && run.errors.contains("no keys to verify with"))
    let leeway = await ToolRun.run(["verify", "x", "--secret-file", secret, "--leeway", "6m"])
    #expect(leeway.status == 2 && leeway.errors.contains("--leeway"))
  }
}

/// An input of some text, a few bytes at a time.
private final class TextInput: InputSource {
  let totalBytes: UInt64? = nil
  private var rest: ArraySlice<UInt8>

  init(_ text: String) { rest = Array(text.utf8)[...] }

  func read(into bytes: inout [UInt8]) throws(CommandFailure) -> InputEvent {
    guard !rest.isEmpty else { return .end }
    bytes += rest.prefix(7)
    rest = rest.dropFirst(7)
    return .bytes(7)
  }
}
