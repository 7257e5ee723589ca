// SPDX-License-Identifier: Apache-2.0
import Codecs

/// `weir webhooks`: makes, lists and removes what a server delivers events to.
struct WebhooksCommand: Command {
  let usage = CommandUsage(
    "webhooks",
    "have events delivered to URLs",
    positionals: [
      .init("ACTION", "add, list, remove or failed"),
      .init("URL|ID", "add: where events go; remove, failed: the webhook", isOptional: true),
    ],
    options: [
      .init("topic", "TOPIC", "add: whose events"),
      .init(
        "secret-file",
        "FILE",
        "add: a file with the key, whsec_…; - reads standard input; else one is made and shown once"
      ),
      .init(flag: "allow-private", "add: the URL may lead to loopback and private networks"),
      .server, .authority, .json,
    ],
    examples: [
      .init("weir webhooks add https://example.com/hook --topic orders", "from now on"),
      .init("weir webhooks list", "how far each has got"),
      .init("weir webhooks failed wh_0123456789abcdef", "events that were given up"),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let action = try WebhookAction(arguments, context.console)
    let client = try context.client(arguments)
    let response: ServerResponse
    do { response = try client.send(action.request) } catch { throw error.failure }
    let success = try response.successful()
    guard arguments.has("json") else {
      context.console.print(try action.text(success))
      return 0
    }
    if let json = success.json { context.console.printLine(json.compacted) }
    return 0
  }
}
