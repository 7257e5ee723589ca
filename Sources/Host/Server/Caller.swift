// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks

/// Who has sent a request.
enum Caller: Sendable {
  /// Whoever it is, since there are no keys: it may do everything that is not a user's own.
  case anybody
  /// Somebody with a key of the server's API, who may do everything.
  case trusted
  /// Who says of itself what a token proves, or nothing.
  case client(ClientAccess)

  /// Who may do what to a topic; throws what a client is told that may not.
  func check(_ permission: ChannelPermissions, on topic: String) throws(Problem) {
    if case .anybody = self { return try Self.checkIsNobodys(topic) }
    guard case .client(let access) = self else { return }
    guard access.permissions(for: topic).contains(permission) else {
      access.authority.noteDenied(permission)
      throw Self.denied(permission, topic, access.identity)
    }
  }

  private static func denied(
    _ permission: ChannelPermissions,
    _ topic: String,
    _ identity: ClientIdentity
  ) -> Problem {
    let isRoom = topic.utf8.contains(UInt8(ascii: "#"))
    let (detail, remedy) =
      switch (identity.user.isEmpty, isRoom) {
      case (true, _):
        (
          "nobody has said who asks, and for that '\(topic)' has no grant '\(permission.name)'",
          "send a token as Authorization: Bearer (a command: WEIR_TOKEN), or a key as X-API-Key "
            + "(WEIR_API_KEY)"
        )
      case (false, true):
        (
          "'\(topic)' belongs to the users behind its '#'",
          "use the user's own room; a program that serves all of them has an API key"
        )
      case (false, false):
        (
          "the caller has no grant '\(permission.name)' for '\(topic)'",
          "send a token whose \"caps\" give it, or allow it in the configuration"
        )
      }
    return Problem(
      identity.user.isEmpty ? 401 : 403,
      "Permission denied",
      detail,
      remedy: remedy,
      field: "Authorization"
    )
  }

  private static func checkIsNobodys(_ topic: String) throws(Problem) {
    guard topic.utf8.contains(UInt8(ascii: "#")) else { return }
    throw Problem(
      403,
      "Permission denied",
      "'\(topic)' belongs to users",
      remedy: "use a topic without '#', or configure \"identity\" and \"apiKeys\"",
      field: "topic"
    )
  }

  /// Whether it may do something to a topic.
  func may(_ permission: ChannelPermissions, on topic: String) -> Bool {
    guard case .client(let access) = self else { return true }
    return access.permissions(for: topic).contains(permission)
  }

  /// Who it is; `nil` where nobody is told apart.
  var identity: ClientIdentity? {
    if case .client(let access) = self { access.identity } else { nil }
  }

  /// Whose share of what all have a connection's requests count for; `nil` for those who are trusted.
  func client(_ reply: Router.ReplyAddress) -> ClientKey? {
    if case .trusted = self { return nil }
    return ClientKey(identity, reply.connection, loop: reply.worker.number)
  }

  /// Whether it may see a topic at all.
  func maySee(_ topic: String) -> Bool {
    guard case .client(let access) = self else { return true }
    return !access.permissions(for: topic).isEmpty
  }

  /// Refuses all but those who may do everything.
  func checkIsTrusted() throws(Problem) {
    guard case .client(let access) = self else { return }
    access.authority.noteDenied([])
    throw Problem(
      401,
      "API key needed",
      "this is for those who run the server",
      remedy: "send a key that \"apiKeys\" names in the field X-API-Key (a command: WEIR_API_KEY)",
      field: "X-API-Key"
    )
  }
}

/// Finds out who has sent a request.
struct CallerCheck: Sendable {
  let authority: ServerAuthority
  let apiKeys: APIKeys

  /// Finds out who has sent a request.
  ///
  /// - Parameters:
  ///   - head: The request's head.
  ///   - isAPI: Whether it is for the server's API, which needs a key if there is one.
  /// - Returns: The caller.
  /// - Throws: The answer to a key or a token that is none.
  func caller(of head: HTTPRequestHead, isAPI: Bool = false) throws(Problem) -> Caller {
    if !authority.hasKeys, apiKeys.isEmpty { return .anybody }
    if let key = Self.apiKey(head.fields) {
      guard apiKeys.contains(key) else {
        authority.noteRefused("an API key")
        throw .badCredentials("the API key is none of this server's", field: "X-API-Key")
      }
      return .trusted
    }
    guard authority.hasKeys else { return isAPI ? stranger : .anybody }
    guard let token = Self.token(head.fields) else { return stranger }
    return .client(ClientAccess(authority: authority, identity: try identity(of: token)))
  }

  /// Somebody who says nothing of itself.
  private var stranger: Caller {
    .client(ClientAccess(authority: authority, identity: ClientIdentity(user: "")))
  }

  private func identity(of token: String) throws(Problem) -> ClientIdentity {
    do throws(TokenFailure) {
      let identity = try authority.identity(of: token)
      // What is only begun must not end at once.
      if authority.isOver(identity) { throw .expired("exp") }
      return identity
    } catch {
      authority.note(error)
      var problem = Problem.badCredentials("\(error) (\(error.code))", field: "Authorization")
      if error.wantsNewerKeys {
        // They are looked for now; whoever comes back finds them.
        authority.lookForKeys()
        problem.retryAfter = 1
      }
      throw problem
    }
  }

  /// What stands behind `Bearer` (RFC 6750 §2.1); `nil` where there is no such field.
  static func token(_ fields: HTTPFields) -> String? {
    credentials(fields, scheme: "bearer ")
  }

  private static func apiKey(_ fields: HTTPFields) -> String? {
    fields["X-API-Key"] ?? credentials(fields, scheme: "apikey ")
  }

  private static func credentials(_ fields: HTTPFields, scheme: String) -> String? {
    let given = fields.values(of: "Authorization")
    guard given.count == 1, given[0].lowercased().hasPrefix(scheme) else { return nil }
    return String(given[0].dropFirst(scheme.count).drop { $0 == " " })
  }
}

extension Problem {
  fileprivate static func badCredentials(_ detail: String, field: String) -> Problem {
    Problem(
      401,
      "Not accepted",
      detail,
      remedy: "send one that is valid, or none",
      field: field
    )
  }
}
