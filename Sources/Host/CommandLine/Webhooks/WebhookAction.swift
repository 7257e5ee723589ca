// SPDX-License-Identifier: Apache-2.0
import Codecs
import FoundationEssentials
import Sinks

/// What `weir webhooks` is to do.
enum WebhookAction {
  case add(url: String, topic: String, key: WebhookKey?, allowsPrivate: Bool)
  case list
  case remove(String)
  case failed(String)

  /// The largest file that a key is read from.
  private static let maximumKeyBytes = 1 << 10
  private static let target = "/v1/webhooks"

  /// Reads what was written.
  init(_ arguments: ParsedArguments, _ console: any Console) throws(CommandFailure) {
    let (action, name) = (arguments.positionals[0], arguments.positionals.dropFirst().first)
    if action != "add" { try Self.refuseAdditions(arguments, action) }
    switch (action, name) {
    case ("add", let url?):
      guard let topic = arguments["topic"] else {
        throw .misuse("--topic is missing", remedy: "write --topic TOPIC, whose events are sent")
      }
      self = .add(
        url: url,
        topic: try TopicArgument.check(topic),
        key: try arguments["secret-file"].map { path throws(CommandFailure) in
          try Self.key(path, console)
        },
        allowsPrivate: arguments.has("allow-private")
      )
    case ("list", nil): self = .list
    case ("list", let extra?):
      throw .misuse("'\(extra)' is one argument too many", remedy: "write 'weir webhooks list'")
    case ("remove", let id?): self = .remove(id)
    case ("failed", let id?): self = .failed(id)
    case ("add", nil): throw .misuse("URL is missing", remedy: "write 'weir webhooks add URL …'")
    case ("remove", nil), ("failed", nil):
      throw .misuse("ID is missing", remedy: "write an identifier of 'weir webhooks list'")
    default:
      let near = nearestName(to: action, among: ["add", "list", "remove", "failed"])
      throw .misuse(
        "'\(action)' can't be done with webhooks",
        remedy: near.map { "did you mean '\($0)'?" } ?? "write add, list, remove or failed"
      )
    }
  }

  private static func refuseAdditions(
    _ arguments: ParsedArguments,
    _ action: String
  ) throws(CommandFailure) {
    for option in ["topic", "secret-file", "allow-private"] where arguments.has(option) {
      throw .misuse("--\(option) does not go with '\(action)'", remedy: "leave it out")
    }
  }

  /// Reads a key; an error tells the file and nothing of what is in it.
  private static func key(
    _ path: String,
    _ console: any Console
  ) throws(CommandFailure) -> WebhookKey {
    let bytes: [UInt8]
    if path == "-" {
      bytes = console.readInput(limit: maximumKeyBytes)
    } else {
      do { bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
        throw .failure("can't read '\(path)' of --secret-file", remedy: "name a file that exists")
      }
    }
    let text = String(decoding: bytes.prefix(maximumKeyBytes + 1), as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    guard bytes.count <= maximumKeyBytes, words.count == 1, let key = WebhookKey(words[0]) else {
      throw .failure(
        "'\(path)' of --secret-file holds no key",
        remedy: "write whsec_ and the base 64 of 24 to 64 bytes into it"
      )
    }
    return key
  }

  // MARK: Asking

  /// What the server is asked.
  var request: ServerRequest {
    switch self {
    case .add(let url, let topic, let key, let allowsPrivate):
      var json = JSONWriter()
      json.beginObject()
      json.member("url", url)
      json.member("topic", topic)
      if let key { json.member("secret", key.text) }
      if allowsPrivate { json.member("allowPrivate", true) }
      json.endObject()
      return .post(Self.target, "application/json", json.bytes)
    case .list: return .get(Self.target)
    case .remove(let id):
      return ServerRequest(method: "DELETE", target: Self.target(of: id), body: [])
    case .failed(let id): return .get(Self.target(of: id) + "/failed?limit=1000")
    }
  }

  private static func target(of id: String) -> String { "\(target)/\(PercentEncoding.encode(id))" }

  // MARK: Telling

  /// What the person at the terminal is told.
  func text(_ response: ServerResponse) throws(CommandFailure) -> String {
    switch self {
    case .add: return try Self.added(response)
    case .list:
      let list = try Self.elements("webhooks", of: response)
      guard !list.isEmpty else { return "there are no webhooks yet\n" }
      return Self.table(
        ["ID", "TOPIC", "STATE", "LAG", "DELIVERED", "FAILED", "MISSED", "URL"],
        list.map { webhook in
          ["id", "topic", "state", "lag", "delivered", "failed", "missed", "url"]
            .map { webhook.text($0) }
        }
      ) + list.compactMap(Self.trouble).joined()
    case .remove(let id): return "\(id) is removed\n"
    case .failed:
      let list = try Self.elements("failed", of: response)
      guard !list.isEmpty else { return "nothing was given up\n" }
      return Self.table(
        ["OFFSET", "ATTEMPTS", "TIME", "REASON"],
        list.map { failure in
          ["offset", "attempts", "time", "reason"].map { failure.text($0) }
        }
      )
    }
  }

  /// Why a webhook does not go on, if it does not: what a person can act on.
  private static func trouble(_ webhook: JSONView) -> String? {
    var parts: [String] = []
    if webhook["reason"] != nil { parts.append("disabled since \(webhook.text("reason"))") }
    if webhook["problem"] != nil { parts.append(webhook.text("problem")) }
    if webhook["lastError"] != nil {
      let attempts = webhook["attempts"]?.int ?? 0
      let number = attempts > 0 ? "attempt \(attempts)" : "the last attempt"
      parts.append("\(number) has failed: \(webhook.text("lastError"))")
    }
    if webhook["nextAttempt"] != nil {
      parts.append("the next attempt is at \(webhook.text("nextAttempt"))")
    }
    guard !parts.isEmpty else { return nil }
    return "\(webhook.text("id")): \(parts.joined(separator: "; "))\n"
  }

  private static func added(_ response: ServerResponse) throws(CommandFailure) -> String {
    guard let json = response.json, json["id"]?.string != nil else { throw foreign }
    var text = "\(json.text("id")) delivers '\(json.text("topic"))' to \(json.text("url"))\n"
    if let secret = json["secret"]?.string {
      text += "secret: \(secret)\nIt is not shown again: the receiver checks signatures with it.\n"
    }
    return text
  }

  private static func elements(
    _ name: String,
    of response: ServerResponse
  ) throws(CommandFailure) -> [JSONView] {
    guard let list = response.json?[name], list.kind == .array else { throw foreign }
    return list.elements
  }

  private static var foreign: CommandFailure {
    .failure(
      "the server's answer is not about webhooks",
      remedy: "check that --server is a weir server of this version"
    )
  }

  /// Columns of text, as wide as they must be; the last one as it is.
  private static func table(_ titles: [String], _ rows: [[String]]) -> String {
    let rows = [titles] + rows
    let widths = titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].count)
        return column == row.count - 1 ? row[column] : row[column] + blanks
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}

extension JSONView {
  /// A member as a cell of a table: text without control characters, or a number.
  fileprivate func text(_ name: String) -> String {
    guard let member = self[name] else { return "-" }
    if let text = member.string {
      let shown = text.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }
      return String(String.UnicodeScalarView(shown))
    }
    return member.uint64.map { "\($0)" } ?? "-"
  }
}
