// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Transport

/// `weir verify`: says of tokens, one a line, whether they are valid; or of a webhook's signature.
struct VerifyCommand: Command {
  let usage = CommandUsage(
    "verify",
    "check tokens, or a webhook's signature",
    positionals: [.init("TOKEN", "a token; else standard input has one a line", isOptional: true)],
    options: [
      .init("secret-file", "FILE", "HS256 with this secret; or the webhook's", isRepeatable: true),
      .init("secret-variable", "NAME", "HS256 with the secret in it", isRepeatable: true),
      .init("key", "FILE", "the public key in this PEM file", isRepeatable: true),
      .init("jwks", "FILE", "the keys of this key set", isRepeatable: true),
      .init("jwks-url", "URL", "the keys of the key set there", isRepeatable: true),
      .init("issuer", "NAME", "who must have made them (iss)"),
      .init("audience", "NAME", "whom they must be for (aud)", isRepeatable: true),
      .init("type", "NAME", "the type they must say (typ)"),
      .init("leeway", "TIME", "how far clocks may differ; 60s unless given, 5m at most"),
      .init(flag: "no-expiry", "tokens need not expire"),
      .init(flag: "anonymous", "tokens need not name a user"),
      .init(flag: "subscription", "they are for subscriptions, not for connections"),
      .init("webhook-id", "ID", "a webhook's field webhook-id; standard input has its body"),
      .init("webhook-timestamp", "SECONDS", "its field webhook-timestamp"),
      .init("webhook-signature", "TEXT", "its field webhook-signature"),
    ],
    examples: [
      .init("weir verify --jwks keys.json --audience app < tokens", "one line of JSON each"),
      .init("weir token --secret-file s --user 42 | weir verify --secret-file s", "both ends"),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    if WebhookCheck.options.contains(where: { arguments.has($0) }) {
      return try WebhookCheck(arguments).run(context.console)
    }
    let run = try await VerifyRun(arguments, context)
    let status = try await run.verify(arguments.positionals.first)
    await run.close()
    return status
  }
}
