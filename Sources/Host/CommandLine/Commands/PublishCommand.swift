// SPDX-License-Identifier: Apache-2.0
import Codecs

/// `weir publish`: stores one event, or the events of a JSON array, in a topic.
struct PublishCommand: Command {
  /// The largest input, as the server takes it.
  private static let maximumBytes = 1 << 20

  let usage = CommandUsage(
    "publish",
    "publish an event to a topic",
    positionals: [
      .init("TOPIC", "the topic"),
      .init("JSON", "the event's data; an array is one event per item; - reads standard input"),
    ],
    options: [
      .init("type", "TYPE", "what kind of event it is"),
      .init("subject", "KEY", "what the event is about"),
      .init("time", "TIME", "when it was, such as 2015-05-17T10:05:03Z"),
      .init("id", "ID", "its identifier"),
      .init(
        "tag",
        "NAME=VALUE",
        "a short text of its own beside the data; each name once",
        isRepeatable: true
      ),
      .server, .authority, .json,
    ],
    examples: [
      .init(#"weir publish orders '{"item":"tea","n":2}'"#, "one event"),
      .init(
        #"weir publish orders '{"n":1}' --type sold --subject tea --tag shop=north"#,
        "with attributes"
      ),
      .init("date +'\"%T\"' | weir publish clock -", "from another program"),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let topic = try TopicArgument.check(arguments.positionals[0])
    let draft = try Self.attributes(arguments)
    let client = try context.client(arguments)
    let data = try Self.data(arguments.positionals[1], context.console)
    let request = try Self.request(topic, data, draft)
    let response: ServerResponse
    do { response = try client.send(request) } catch { throw error.failure }
    let receipt = try PublishReceipt(try response.successful())
    if arguments.has("json") {
      context.console.printLine(receipt.json)
    } else {
      context.console.print(receipt.line)
    }
    return 0
  }

  private static func data(
    _ argument: String,
    _ console: any Console
  ) throws(CommandFailure) -> JSONView {
    let isInput = argument == "-"
    let bytes = isInput ? console.readInput(limit: maximumBytes) : Array(argument.utf8)
    guard bytes.count <= maximumBytes else {
      throw .failure("the event is larger than 1 MiB", remedy: "publish it in parts")
    }
    do {
      return try JSONView.parse(bytes)
    } catch {
      let place = isInput ? "standard input" : "the data"
      let remedy =
        #"write text as '"text"', with quotes inside of the shell's; for a value on each line "#
        + "there is 'weir ingest - --format ndjson'"
      throw .misuse("\(place) is not valid JSON, \(error)", remedy: remedy)
    }
  }

  private static func attributes(_ arguments: ParsedArguments) throws(CommandFailure) -> EventDraft
  {
    var draft = EventDraft(data: [])
    draft.type = arguments["type"]
    draft.subject = arguments["subject"]
    draft.id = arguments["id"]
    if let text = arguments["time"] {
      draft.time = try time(text)
    }
    for tag in arguments.all("tag") {
      let name = String(tag.prefix { $0 != "=" })
      guard tag.contains("=") else {
        throw .misuse("--tag does not take '\(tag)'", remedy: "write it as name=value")
      }
      if let fault = EventDraft.fault(inTag: name) {
        throw .misuse("--tag does not take '\(tag)'", remedy: fault)
      }
      guard !draft.tags.contains(where: { $0.name == name }) else {
        throw .misuse("--tag names '\(name)' twice", remedy: "give each tag once")
      }
      let value = String(tag.dropFirst(name.count + 1))
      draft.tags.append(EventDraft.Tag(name: name, value: value))
    }
    return draft
  }

  private static func time(_ text: String) throws(CommandFailure) -> Int64 {
    guard let time = RFC3339.parse(text) else {
      throw .misuse("--time does not take '\(text)'", remedy: "write it as 2015-05-17T10:05:03Z")
    }
    do {
      return try EventTime.checked(time)
    } catch {
      throw .misuse(
        "--time does not take '\(text)'",
        remedy: "write a time of the years 0000 to 9999 in UTC"
      )
    }
  }

  private static func request(
    _ topic: String,
    _ data: JSONView,
    _ attributes: EventDraft
  ) throws(CommandFailure) -> ServerRequest {
    var draft = attributes
    guard data.kind == .array else {
      draft.data = data.compacted
      let type = "application/cloudevents+json"
      return .post(ServerTarget.events(of: topic), type, draft.encoded)
    }
    var json = JSONWriter()
    json.beginArray()
    let items = data.elements
    guard !items.isEmpty else {
      throw .misuse("the array is empty", remedy: "write at least one event")
    }
    guard items.count == 1 || draft.id == nil else {
      throw .misuse("--id names one event, but there are \(items.count)", remedy: "leave it out")
    }
    for item in items {
      draft.data = item.compacted
      json.raw(draft.encoded)
    }
    json.endArray()
    let type = "application/cloudevents-batch+json"
    return .post(ServerTarget.events(of: topic), type, json.bytes)
  }
}
