// SPDX-License-Identifier: Apache-2.0
import Codecs

/// What a command says of who it is: it is in the environment, since others see a command line.
struct ServerCredentials: Equatable, Sendable {
  /// A key of the server's API, `WEIR_API_KEY`.
  var apiKey: String?
  /// A token, `WEIR_TOKEN`.
  var token: String?

  /// Nothing.
  init() {}

  /// Reads the environment; what is empty counts as not there.
  init(environment: [String: String]) throws(CommandFailure) {
    (apiKey, token) = (
      try Self.read("WEIR_API_KEY", environment), try Self.read("WEIR_TOKEN", environment)
    )
  }

  private static func read(
    _ name: String,
    _ environment: [String: String]
  ) throws(CommandFailure) -> String? {
    guard let text = environment[name], !text.isEmpty else { return nil }
    // It becomes a field of a request.
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) || $0 == 0x20 }) else {
      throw .misuse(
        "\(name) has a character that no field may have",
        remedy: "set it without line breaks"
      )
    }
    return text
  }

  /// The first command over a WebSocket, with the token; an API key is none.
  var connectCommand: [UInt8] {
    guard let token else { return Array(#"{"id":1,"connect":{}}"#.utf8) }
    return Array(#"{"id":1,"connect":{"token":"#.utf8) + JSONWriter.quoted(token) + Array("}}".utf8)
  }

  /// Adds what says who asks.
  func add(to fields: inout HTTPFields) {
    if let apiKey { fields.append("X-API-Key", apiKey) }
    if let token { fields.append("Authorization", "Bearer \(token)") }
  }
}
