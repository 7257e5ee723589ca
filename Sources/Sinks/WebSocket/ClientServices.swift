// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What the sessions of a server ask for on behalf of their clients.
public final class ClientServices: Sendable {
  /// The topics there are.
  public let directory: TopicDirectory
  /// Who clients are and what they may do.
  public let authority: any ClientAuthority
  /// Who is in which channel.
  public let presence: PresenceBoard
  /// The results of chains inside subscriptions.
  public let derived: DerivedTopics
  /// The types of events that are known.
  public let types: EventTypeRegistry
  /// What clients may call; `nil` for nothing.
  public let calls: (any RemoteCalls)?
  /// Intervals and bounds of WebSocket sessions.
  public let settings: WebSocketSettings
  /// What somebody may do of whom nothing is known.
  public let anonymous: ClientAccess
  /// What is held for clients; `nil` where nobody counts.
  public let held: (any HeldBytes)?

  /// Puts them together.
  ///
  /// - Parameters:
  ///   - directory: The topics.
  ///   - authority: By default everybody may do everything.
  ///   - presence: By default a board of its own.
  ///   - derived: Somebody has it run; by default nobody does.
  ///   - types: By default those that are known without a configuration.
  ///   - calls: By default nothing can be called.
  ///   - settings: Intervals and bounds of WebSocket sessions.
  ///   - held: By default nobody counts.
  public init(
    directory: TopicDirectory,
    authority: any ClientAuthority = OpenAuthority(),
    presence: PresenceBoard = PresenceBoard(),
    derived: DerivedTopics = DerivedTopics(),
    types: EventTypeRegistry = EventTypeRegistry(),
    calls: (any RemoteCalls)? = nil,
    settings: WebSocketSettings = WebSocketSettings(),
    held: (any HeldBytes)? = nil
  ) {
    (self.directory, self.authority) = (directory, authority)
    (self.presence, self.derived, self.calls) = (presence, derived, calls)
    (self.types, self.settings, self.held) = (types, settings, held)
    anonymous = ClientAccess(authority: authority, identity: ClientIdentity(user: ""))
  }

  /// Counts what is read from disk for a client.
  ///
  /// - Throws: 111 while the server holds as much as it may.
  func reading() throws(ProtocolError) -> HeldReading? {
    guard let held else { return nil }
    guard !held.isExhausted else {
      throw .heldBack("the server holds as much for its clients as it may; try again later")
    }
    return HeldReading(held)
  }

  /// The topic of a name, for a client that is told apart from others: some places stay for those who run
  /// the server.
  ///
  /// - Throws: ``TopicDirectory/Refusal``; nothing was made.
  public func topic(_ name: String) throws(TopicDirectory.Refusal) -> Topic<Event> {
    let reserve = authority.hasKeys ? directory.maximumTopics / 10 : 0
    return try directory.topic(name, leaving: reserve)
  }

  /// Refuses an event that is not what the topic's rules ask for.
  func check(_ event: Event, for topic: String) throws(ProtocolError) {
    do throws(EventTypeMismatch) {
      try types.check(event, authority.rules(for: topic).types)
    } catch {
      throw .badRequest(error.description)
    }
  }
}

extension ClientServices {
  /// Refuses an event that a topic which is a table can't have.
  func checkRow(_ event: Event, of topic: Topic<Event>) throws(ProtocolError) {
    do throws(RowViolation) { try topic.tableSettings?.check(event) } catch {
      throw .badRequest(
        "\(error); '\(topic.name)' is a table: its rows are set by PUT /v1/tables/{topic}/{key}, or by an "
          + "event that has its key as subject"
      )
    }
  }
}

/// Methods that clients call by `rpc`.
public protocol RemoteCalls: Sendable {
  /// Does what a client asks for.
  ///
  /// - Parameters:
  ///   - method: What is called.
  ///   - data: What the client gives: JSON text, or any text if it is none; `nil` for nothing.
  ///   - identity: Who asks.
  /// - Returns: JSON text.
  /// - Throws: ``RemoteCallFailure``, which the client is told.
  func call(
    _ method: String,
    _ data: [UInt8]?,
    by identity: ClientIdentity
  ) async throws(RemoteCallFailure) -> [UInt8]
}

/// Why a call was not answered.
public enum RemoteCallFailure: Error, Equatable, Sendable {
  /// There is no such method.
  case notFound
  /// The client may not.
  case denied
  /// What it gives is not what the method takes.
  case badRequest(String)
  /// It is not possible now.
  case unavailable(String)
}
