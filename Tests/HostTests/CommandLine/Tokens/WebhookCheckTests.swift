// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host

@Suite struct WebhookCheckTests {
  /// The example of Standard Webhooks, "Signature scheme".
  private static let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  private static let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
  private static let body = Array(#"{"test": 2432232314}"#.utf8)
  private static let now = Timestamp(milliseconds: 1_614_265_330_000)

  private func failure(
    id: String = "msg_p5jXN8AQM9LWM0D4loKWxJek",
    time: String = "1614265330",
    signature: String = signature,
    body: [UInt8] = body,
    at now: Timestamp = now
  ) throws -> String? {
    let files = try KeyFiles()
    let path = try files.write("\(Self.key)\n".utf8, to: "key")
    let words = [
      "--secret-file", path, "--webhook-id", id, "--webhook-timestamp", time,
      "--webhook-signature", signature,
    ]
    guard case .run(let arguments) = try ArgumentParser.parse(words, for: VerifyCommand().usage)
    else { return "help" }
    let answer = try WebhookCheck(arguments).failure(of: body, at: now)
    return try answer.map { try JSONView.parse($0)["error"]?.string ?? "" }
  }

  @Test func `the example of the specification is valid`() throws {
    #expect(try failure() == nil)
  }

  @Test func `one good signature among others is enough`() throws {
    let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    #expect(try failure(signature: "\(other) v1a,x \(Self.signature)") == nil)
    let many = String(repeating: "\(other) ", count: 16)
    #expect(try failure(signature: many + Self.signature) == "bad-signature")
  }

  @Test func `anything that is another makes it wrong`() throws {
    #expect(try failure(id: "msg_other") == "bad-signature")
    #expect(try failure(time: "1614265331") == "bad-signature")
    #expect(try failure(body: Self.body + [10]) == "bad-signature")
    for signature in ["", "v1,", "v2,\(Self.signature.dropFirst(3))", "\(Self.signature)=", "x"] {
      #expect(try failure(signature: signature) == "bad-signature")
    }
  }

  @Test(arguments: ["", "now", "1614265330.0", "-1", "99999999999999999999"])
  func `a time that is none is refused`(time: String) throws {
    #expect(try failure(time: time) == "malformed")
  }

  @Test func `a message is five minutes old or ahead at most`() throws {
    for (offset, expected) in [
      (-301, "not-yet-valid"), (-300, nil), (300, nil), (301, "expired"),
    ] as [(Int, String?)] {
      #expect(try failure(at: Self.now + .seconds(offset)) == expected)
    }
  }

  @Test func `the whole command reads the body from its input`() async throws {
    let files = try KeyFiles()
    let path = try files.write(Self.key.utf8, to: "key")
    let console = FakeConsole()
    console.input = Self.body
    let run = await ToolRun.run(
      [
        "verify", "--secret-file", path, "--webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "--webhook-timestamp", "1614265330", "--webhook-signature", Self.signature,
      ],
      console: console
    )
    // Its signature is good, and years ago.
    #expect(run.status == 1 && run.output.contains(#""error":"expired""#))
    let missing = await ToolRun.run(["verify", "--secret-file", path, "--webhook-id", "x"])
    #expect(missing.status == 2 && missing.errors.contains("--webhook-timestamp is missing"))
  }
}
