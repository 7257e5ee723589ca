// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

/// `weir token`: makes a token, for development and for tests.
struct TokenCommand: Command {
  let usage = CommandUsage(
    "token",
    "make a token for development",
    options: [
      .init("secret-file", "FILE", "sign by HS256 with the secret in this file"),
      .init("secret-variable", "NAME", "sign by HS256 with the secret in this variable"),
      .init("key", "FILE", "sign with the private key in this PEM file: RSA, P-256 or Ed25519"),
      .init("algorithm", "NAME", "refuse a key that is not for this algorithm"),
      .init("key-id", "ID", "what the key is called (kid)"),
      .init("type", "NAME", "the token's type (typ); JWT unless given"),
      .init("user", "NAME", "who the token is for (sub)"),
      .init(flag: "anonymous", "make a token without a user, which most servers refuse"),
      .init("issuer", "NAME", "who vouches for it (iss)"),
      .init("audience", "NAME", "whom it is meant for (aud)", isRepeatable: true),
      .init("expires", "TIME", "how long it is valid, such as 5m; 1h unless given"),
      .init("token-id", "ID", "what it is called (jti); random unless given"),
      .init("session", "ID", "the session it belongs to (sid)"),
      .init("channel", "NAME", "make a token for subscribing to this one channel"),
      .init(
        "grant",
        "CHANNELS=WHAT",
        "allow sub, pub, prs, hst or hold, with commas, in channels such as news:*",
        isRepeatable: true
      ),
      .init("info", "JSON", "what others are told of the client (info)"),
      .init("claims", "JSON", "an object with more claims"),
    ],
    examples: [
      .init("weir token --secret-file secret --user 42 --expires 5m", "signed with a secret"),
      .init("weir token --key private.pem --user 42 --grant 'news:*=sub,hst'", "with a key"),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let key = try TokenKeys.signingKey(arguments, context.environment)
    let draft = try TokenDraft(arguments, at: SystemClock().now)
    let unsigned = SignedToken.unsigned(
      algorithm: key.algorithm.rawValue,
      keyID: arguments["key-id"],
      type: arguments["type"] ?? "JWT",
      claims: draft.json
    )
    context.console.printLine(SignedToken.signed(unsigned, with: key.sign(unsigned)))
    return 0
  }
}
