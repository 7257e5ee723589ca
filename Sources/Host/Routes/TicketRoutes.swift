// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// Tickets for event streams, and what was vouched for taken back.
struct TicketRoutes {
  let services: ServerServices
  let context: RequestContext

  /// Makes a ticket that stands for the caller once.
  func issue() throws(Problem) -> HTTPResponse {
    guard case .client(let access) = context.caller, !access.identity.user.isEmpty else {
      throw Problem(
        401,
        "Token needed",
        "a ticket stands for somebody",
        remedy: "send the token as Authorization: Bearer",
        field: "Authorization"
      )
    }
    let ticket: String
    do throws(TicketOffice.Refusal) {
      ticket = try services.tickets.issue(
        to: access.identity,
        origin: services.access.foreignOrigin(of: context.head),
        at: services.engine.topics.clock.now
      )
    } catch {
      throw Problem(
        429,
        "Too many tickets",
        error == .full ? "all tickets are out" : "all tickets of this user are out",
        remedy: "use those that were given, or wait until they have expired",
        retryAfter: 1
      )
    }
    return .json { writer in
      writer.beginObject()
      writer.member("ticket", ticket)
      writer.name("seconds")
      writer.value(Int(services.tickets.limits.lifetime.wholeMilliseconds / 1_000))
      writer.endObject()
    }
  }

  /// Who a ticket in the query stands for; `nil` where there is none.
  ///
  /// `HEAD` leaves it as it is.
  static func redeem(
    _ context: RequestContext,
    _ services: ServerServices
  ) throws(Problem) -> Caller? {
    guard let ticket = try context.query("ticket") else { return nil }
    let identity = services.tickets.redeem(
      ticket,
      origin: services.access.foreignOrigin(of: context.head),
      at: services.engine.topics.clock.now,
      isKept: context.head.method == "HEAD"
    )
    guard let identity else {
      services.authority.noteRefused("a ticket")
      throw Problem(
        401,
        "Bad ticket",
        "there is no such ticket, or none any more",
        remedy: "get a new one with POST /v1/tickets for each connection",
        field: "ticket"
      )
    }
    return .client(ClientAccess(authority: services.authority, identity: identity))
  }

  // MARK: Revocations

  /// Takes back what a body names, at once; answered when the disk has it, where there is one.
  func revoke(
    _ body: JSONView,
    replyingTo reply: Router.ReplyAddress
  ) throws(Problem) -> Answer {
    let now = services.engine.topics.clock.now
    let revocation = Revocation(try Self.subject(body, now), expiry: try expiry(body, now))
    let forgotten: [Revocation.Subject]
    do throws(RevocationList.Refusal) {
      forgotten = try services.revocations.revoke(revocation, at: now)
    } catch {
      throw Problem(
        503,
        "Too many revocations",
        "as many are remembered as may be",
        remedy: "give shorter \"seconds\", or let tokens live shorter",
        retryAfter: 60
      )
    }
    guard let stored = services.storedRevocations else { return .response(HTTPResponse(204)) }
    let (list, subject) = (services.revocations, revocation.subject)
    return reply.later {
      do throws(PublishError) {
        try await stored.store(subject, of: list)
      } catch {
        throw Problem(
          503,
          "Not stored",
          "it is revoked, but only until the server is started again: \(error)",
          remedy: "send it again",
          retryAfter: 5
        )
      }
      // Nobody waits for what is over.
      if !forgotten.isEmpty { Task { try? await stored.forget(forgotten, of: list) } }
      return HTTPResponse(204)
    }
  }

  private static func subject(
    _ body: JSONView,
    _ now: Timestamp
  ) throws(Problem) -> Revocation.Subject {
    var subjects: [Revocation.Subject] = []
    if let user = body["user"]?.string {
      subjects.append(.user(user, issuedBefore: now + .seconds(1)))
    }
    if let session = body["session"]?.string { subjects.append(.session(session)) }
    if let token = body["token"]?.string { subjects.append(.token(token)) }
    let isNamed = [body["user"], body["session"], body["token"]].allSatisfy { value in
      // No token has longer ones.
      value.map {
        1...TokenClaims.maximumNameBytes ~= $0.string?.utf8.count ?? 0
      } ?? true
    }
    guard subjects.count == 1, isNamed else {
      throw Problem(
        422,
        "Bad revocation",
        isNamed
          ? "it names \(subjects.count) of user, session and token"
          : "what it names is no text of 1 to \(TokenClaims.maximumNameBytes) bytes",
        remedy: "name one: {\"user\":\"42\"}, {\"session\":\"sid\"} or {\"token\":\"jti\"}",
        field: "user"
      )
    }
    return subjects[0]
  }

  /// Until when it is remembered: a day, unless tokens live longer or the body says otherwise.
  private func expiry(_ body: JSONView, _ now: Timestamp) throws(Problem) -> Timestamp {
    let policy = services.configuration.identity?.policy ?? TokenPolicy()
    // For so much longer a token may be taken by clocks that differ, from its end and to it.
    let margin = policy.leeway * 2
    guard let given = body["seconds"] else {
      return now + (policy.maximumLifetime ?? .seconds(86_400)) + margin
    }
    guard let seconds = given.int, (1...31_536_000).contains(seconds) else {
      throw Problem(
        422,
        "Bad revocation",
        "'seconds' is not a whole number from 1 to 31536000",
        remedy: "give for how long the longest-lived of its tokens may still be valid",
        field: "seconds"
      )
    }
    return now + .seconds(seconds) + margin
  }
}
