// SPDX-License-Identifier: Apache-2.0
import Codecs

/// `weir topics`: lists the topics of a server.
struct TopicsCommand: Command {
  let usage = CommandUsage(
    "topics",
    "list the topics of a server",
    options: [.server, .authority, .json],
    examples: [.init("weir topics", "what there is to read")]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let client = try context.client(arguments)
    let response: ServerResponse
    do { response = try client.send(.get("/v1/topics")) } catch { throw error.failure }
    let topics = try Self.topics(try response.successful())
    if arguments.has("json") {
      var json = JSONWriter()
      json.beginArray()
      for topic in topics { topic.write(to: &json) }
      json.endArray()
      context.console.printLine(json.bytes)
    } else {
      context.console.print(Self.table(topics))
    }
    return 0
  }

  private static func topics(_ response: ServerResponse) throws(CommandFailure) -> [TopicSummary] {
    guard let json = response.json,
      let list = json.kind == .array ? json : json["topics"], list.kind == .array
    else {
      throw .failure(
        "the server's answer is not a list of topics",
        remedy: "check that --server is a weir server of this version"
      )
    }
    return list.elements.compactMap(TopicSummary.init)
  }

  private static let nothing =
    "there are no topics yet, or none that you may see: WEIR_TOKEN or WEIR_API_KEY says who asks\n"

  private static func table(_ topics: [TopicSummary]) -> String {
    guard !topics.isEmpty else { return nothing }
    let rows =
      [["TOPIC", "EVENTS", "FIRST", "LAST"]]
      + topics.map { [$0.topic, "\($0.count)", "\($0.firstOffset)", "\($0.lastOffset)"] }
    return TextTable.text(rows)
  }
}

/// One line of the list.
struct TopicSummary: Equatable {
  var topic: String
  var epoch: String
  var firstOffset: UInt64
  var lastOffset: UInt64
  var count: UInt64

  /// Reads what a server tells about a topic; `nil` when it does not tell its name.
  init?(_ json: JSONView) {
    guard let topic = json["topic"]?.string ?? json["name"]?.string else { return nil }
    self.topic = topic
    epoch = json["epoch"]?.string ?? ""
    lastOffset = json["lastOffset"]?.uint64 ?? 0
    firstOffset = json["firstOffset"]?.uint64 ?? 0
    count = json["count"]?.uint64 ?? 0
  }

  /// Writes it for programs.
  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.text("topic", topic)
    json.text("epoch", epoch)
    for (name, number) in [
      ("firstOffset", firstOffset), ("lastOffset", lastOffset), ("count", count),
    ] {
      json.name(name)
      json.value(number)
    }
    json.endObject()
  }
}
