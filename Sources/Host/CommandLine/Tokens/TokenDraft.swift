// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

/// The claims of a token that is to be made, as options give them.
struct TokenDraft {
  private var claims: [(name: String, json: [UInt8])] = []

  init(_ arguments: ParsedArguments, at now: Timestamp) throws(CommandFailure) {
    add("sub", arguments["user"])
    add("iss", arguments["issuer"])
    addAudiences(arguments.all("audience"))
    add("sid", arguments["session"])
    add("channel", arguments["channel"])
    if let info = arguments["info"] {
      claims.append(("info", try Self.json(info, "info").compacted))
    }
    try addGrants(arguments)
    try addOthers(arguments["claims"])
    try addTimes(arguments["expires"], at: now)
    guard has("sub") || has("channel") || arguments.has("anonymous") else {
      throw .misuse(
        "--user is missing, and servers refuse a token that is nobody's",
        remedy: "write --user NAME, or --anonymous for servers with \"allowsAnonymous\""
      )
    }
    if arguments.has("anonymous"), has("sub") {
      throw .misuse("--anonymous does not go with a user", remedy: "leave one of them out")
    }
    let id =
      arguments["token-id"]
      ?? String(decoding: Base64URL.encode(SecureRandom.bytes(12)), as: UTF8.self)
    if !has("jti") || arguments.has("token-id") { add("jti", id) }
    try checkNames()
  }

  /// The claims as a JSON object.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    for claim in claims {
      writer.name(claim.name)
      writer.raw(claim.json)
    }
    writer.endObject()
    return writer.bytes
  }

  private func has(_ name: String) -> Bool { claims.contains { $0.name == name } }

  private mutating func add(_ name: String, _ text: String?) {
    if let text { claims.append((name, JSONWriter.quoted(text))) }
  }

  private mutating func addAudiences(_ names: [String]) {
    guard names.count > 1 else { return add("aud", names.first) }
    var writer = JSONWriter()
    writer.beginArray()
    for name in names { writer.value(name) }
    writer.endArray()
    claims.append(("aud", writer.bytes))
  }

  /// `iat` is now; `exp` comes from --expires, else from --claims, else it is in an hour.
  private mutating func addTimes(_ lifetime: String?, at now: Timestamp) throws(CommandFailure) {
    let seconds = now.milliseconds / 1_000
    if !has("iat") { claims.append(("iat", Array("\(seconds)".utf8))) }
    guard lifetime != nil || !has("exp") else { return }
    guard let duration = Duration(parsing: lifetime ?? "1h"), duration <= .seconds(315_360_000)
    else {
      throw .misuse(
        "--expires does not take '\(lifetime ?? "")'",
        remedy: "write 30s, 5m, 1h or 1d"
      )
    }
    claims.append(("exp", Array("\(seconds + duration.components.seconds)".utf8)))
  }

  /// Each grant is a rule of `caps`; a `*` in its channels makes it match alike names.
  private mutating func addGrants(_ arguments: ParsedArguments) throws(CommandFailure) {
    let grants = arguments.all("grant")
    guard !grants.isEmpty else { return }
    var writer = JSONWriter()
    writer.beginArray()
    for grant in grants {
      guard let sign = grant.lastIndex(of: "="), sign != grant.startIndex else {
        throw .misuse("--grant does not take '\(grant)'", remedy: "write it as news:*=sub,hst")
      }
      let (channels, allowed) = (String(grant[..<sign]), grant[grant.index(after: sign)...])
      writer.beginObject()
      writer.name("channels")
      writer.raw(Self.list([channels]))
      if channels.contains("*") {
        writer.name("match")
        writer.value("wildcard")
      }
      writer.name("allow")
      writer.raw(try Self.permissions(allowed, grant))
      writer.endObject()
    }
    writer.endArray()
    claims.append(("caps", writer.bytes))
  }

  private static func permissions(
    _ text: Substring,
    _ grant: String
  ) throws(CommandFailure) -> [UInt8] {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let known = ["sub", "pub", "prs", "hst", "hold"]
    if let wrong = names.first(where: { !known.contains($0) }) {
      let near = nearestName(to: wrong, among: known)
      throw .misuse(
        "--grant does not take '\(grant)'",
        remedy: near.map { "did you mean '\($0)'?" } ?? "allow sub, pub, prs, hst or hold"
      )
    }
    return list(names)
  }

  private static func list(_ names: [String]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginArray()
    for name in names { writer.value(name) }
    writer.endArray()
    return writer.bytes
  }

  private mutating func addOthers(_ text: String?) throws(CommandFailure) {
    guard let text else { return }
    let object = try Self.json(text, "claims")
    guard object.kind == .object else {
      throw .misuse("--claims is not an object", remedy: #"write it as '{"name": "value"}'"#)
    }
    object.forEachMember { name, value in claims.append((name, value.compacted)) }
  }

  private func checkNames() throws(CommandFailure) {
    var names: Set<String> = []
    for claim in claims where !names.insert(claim.name).inserted {
      throw .misuse("the claim '\(claim.name)' is given twice", remedy: "give it once")
    }
  }

  private static func json(_ text: String, _ option: String) throws(CommandFailure) -> JSONView {
    do {
      return try JSONView.parse(Array(text.utf8))
    } catch {
      throw .misuse("--\(option) is not valid JSON, \(error)", remedy: "write it in quotes")
    }
  }
}
