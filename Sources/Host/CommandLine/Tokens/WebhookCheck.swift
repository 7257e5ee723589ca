// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams
import Transport

/// Checks what a webhook sent, as its receiver has to (Standard Webhooks, "Verifying webhook
/// authenticity").
struct WebhookCheck {
  /// The options that make a check of a webhook out of one of tokens.
  static let options = ["webhook-id", "webhook-timestamp", "webhook-signature"]
  /// How far a message's time may be from now, in seconds, before and after: five minutes.
  private static let toleranceSeconds: Int64 = 300
  /// The largest body that is read, in bytes.
  private static let maximumBodyBytes = 16 << 20
  /// The most signatures that are tried; a sender that changes its key sends two.
  private static let maximumSignatureCount = 16

  private let id: String
  private let seconds: String
  private let signatures: String
  private let key: [UInt8]

  init(_ arguments: ParsedArguments) throws(CommandFailure) {
    guard arguments.positionals.isEmpty else {
      throw .misuse("a token does not go with a webhook", remedy: "leave it out")
    }
    id = try Self.value("webhook-id", arguments)
    seconds = try Self.value("webhook-timestamp", arguments)
    signatures = try Self.value("webhook-signature", arguments)
    key = try Self.key(try Self.value("secret-file", arguments))
  }

  private static func value(
    _ option: String,
    _ arguments: ParsedArguments
  ) throws(CommandFailure) -> String {
    guard let value = arguments[option] else {
      throw .misuse(
        "--\(option) is missing",
        remedy: "a webhook takes --secret-file and all of --\(options.joined(separator: ", --"))"
      )
    }
    return value
  }

  private static func key(_ path: String) throws(CommandFailure) -> [UInt8] {
    let text: [UInt8]
    do {
      text = try KeyFile.read(path, of: .secretFile(path: path, id: nil))
    } catch {
      throw .failure("\(error.source) \(error.detail)", remedy: error.remedy)
    }
    let words = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 1, let key = WebhookKey(words[0]) else {
      throw .failure(
        "'\(path)' of --secret-file holds no key of a webhook",
        remedy: "write whsec_ and the base 64 of 24 to 64 bytes into it"
      )
    }
    return key.secret.bytes
  }

  /// Reads the body and prints the answer.
  ///
  /// - Returns: 0 when the signature is valid.
  func run(_ console: any Console) throws(CommandFailure) -> Int32 {
    let body = console.readInput(limit: Self.maximumBodyBytes)
    guard body.count <= Self.maximumBodyBytes else {
      throw .failure("the body is larger than 16 MiB", remedy: "check it elsewhere")
    }
    guard let failure = failure(of: body, at: SystemClock().now) else {
      console.printLine(VerifyAnswer.validSignature)
      return 0
    }
    console.printLine(failure)
    return CommandFailure.failed
  }

  /// What is wrong with a message; `nil` when nothing is.
  func failure(of body: [UInt8], at now: Timestamp) -> [UInt8]? {
    guard let time = Int64(seconds), (0...253_402_300_799).contains(time) else {
      return VerifyAnswer.invalid(
        "malformed",
        claim: "webhook-timestamp",
        detail: "the timestamp is not in seconds since 1970"
      )
    }
    guard isSigned(body) else {
      return VerifyAnswer.invalid(
        "bad-signature",
        claim: "webhook-signature",
        detail: "no signature is of this message and key"
      )
    }
    let age = now.milliseconds / 1_000 - time
    guard age.magnitude > Self.toleranceSeconds.magnitude else { return nil }
    return VerifyAnswer.invalid(
      age > 0 ? "expired" : "not-yet-valid",
      claim: "webhook-timestamp",
      detail: "the message's time is more than five minutes from now"
    )
  }

  private func isSigned(_ body: [UInt8]) -> Bool {
    let wanted = Digest.hmacSHA256(Array("\(id).\(seconds).".utf8) + body, key: key)
    return signatures.split(separator: " ").prefix(Self.maximumSignatureCount).contains { text in
      guard text.hasPrefix("v1,"), let bytes = Base64.decode(text.dropFirst(3)) else {
        return false
      }
      return Digest.areEqual(bytes, wanted)
    }
  }
}
