// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Storage
import Transport

/// The key of a webhook as both ends write it: `whsec_` and base 64 (Standard Webhooks, "Signature scheme").
///
/// Whatever prints it does not print the key; only ``text`` has it.
public struct WebhookKey: Hashable, Sendable {
  /// How many bytes a key may have.
  public static let byteCounts = 24...64
  private static let prefix = "whsec_"

  /// The key.
  public let secret: WebhookSecret

  private init(_ bytes: [UInt8]) { secret = WebhookSecret(bytes) }

  /// Makes a key of 32 random bytes.
  public static func make() -> WebhookKey { WebhookKey(SecureRandom.bytes(32)) }

  /// Reads a key; `nil` unless it is `whsec_` and the base 64 of 24 to 64 bytes.
  public init?(_ text: some StringProtocol) {
    guard text.hasPrefix(Self.prefix), text.utf8.count <= 128,
      let bytes = Base64.decode(text.dropFirst(Self.prefix.count)),
      Self.byteCounts.contains(bytes.count)
    else { return nil }
    self.init(bytes)
  }

  /// As it is shown once, to whoever made the webhook.
  public var text: String { Self.prefix + Base64.encode(secret.bytes) }
}

/// How a receiver knows that a message is ours and whole.
enum WebhookSignature {
  /// The value of `webhook-signature`: scheme `v1`, HMAC with SHA-256 over identifier, timestamp and body.
  ///
  /// - Parameters:
  ///   - id: The message's identifier.
  ///   - seconds: When this attempt was made, in seconds since 1970.
  ///   - body: The body as it is sent.
  ///   - secret: The key.
  /// - Returns: `v1,` and base 64.
  static func make(id: String, seconds: Int64, body: [UInt8], _ secret: WebhookSecret) -> String {
    let signed = Array("\(id).\(seconds).".utf8) + body
    return "v1,\(Base64.encode(Digest.hmacSHA256(signed, key: secret.bytes)))"
  }
}
