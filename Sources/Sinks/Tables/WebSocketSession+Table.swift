// SPDX-License-Identifier: Apache-2.0
import Streams

// Beginning to read a table: its rows, then the changes behind them.
extension WebSocketSession {
  /// The most rows with the answer to a subscription; the client pages the rest over HTTP.
  static let firstRows = 300
  /// The most bytes of these rows, by weight, but for one row; as JSON they may take six times as much.
  static let firstRowBytes = 1 << 20

  /// Finds out what a client gets that asks for a table: what it has missed of the changes, or else rows.
  func readTable(
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    _ topic: Topic<Event>,
    _ completion: @escaping Preparation
  ) throws(ProtocolError) {
    guard topic.tableSettings != nil else {
      throw .notAvailable(
        "'\(topic.name)' is no table; \"table\" of the topic in the configuration makes it one"
      )
    }
    guard terms.permissions.contains(.history) else {
      services.authority.noteDenied(.history)
      throw .permissionDenied(
        "no grant 'hst' for '\(topic.name)': the rows of a table are what was published before"
      )
    }
    if let table = topic.table { return goOn(with: table, request, terms, completion) }
    let number = wait(for: request.channel, completion)
    let later = shard.later(id)
    Task {
      let opened = await TableOpening.open(topic)
      later { session in
        guard let session = session as? WebSocketSession else { return }
        session.goOn(number, request, terms, opened)
      }
    }
  }

  /// Goes on with a channel whose table was opened, if it is still waited for.
  private func goOn(
    _ number: UInt64,
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    _ opened: Result<EventTable, ProtocolError>
  ) {
    guard let waiting = recovering[request.channel], waiting.number == number else { return }
    switch opened {
    case .failure(let error): settle(number, request.channel) { _ in .failure(error) }
    case .success(let table):
      // It waits for the disk once more, or for nothing.
      recovering[request.channel] = nil
      goOn(with: table, request, terms, waiting.completion)
      pump()
    }
  }

  private func goOn(
    with table: EventTable,
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    _ completion: @escaping Preparation
  ) {
    guard let recover = request.recover, table.changesLead(from: recover.offset) else {
      return completion(self, rows(of: table, request, terms))
    }
    switch missed(request, terms, in: table.topic) {
    case .known(_, nil): completion(self, rows(of: table, request, terms))
    case .known(let next, let entries):
      let prepared = PreparedSubscription(
        request: request,
        topic: table.topic,
        terms: terms,
        start: next,
        missed: entries
      )
      completion(self, .success(prepared))
    case .onDisk(let recovery):
      self.recover(recovery, request, terms, table.topic, orRowsOf: table, completion)
    }
  }

  /// The subscription that begins with rows and goes on with the changes behind them.
  func rows(
    of table: EventTable,
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms
  ) -> Result<PreparedSubscription, ProtocolError> {
    budget -= Self.historyCost
    let page = table.page(limit: Self.firstRows, bytes: Self.firstRowBytes)
    return PreparedSubscription(
      request: request,
      topic: table.topic,
      terms: terms,
      start: page.offset + 1,
      missed: request.recover == nil ? [] : nil,
      rows: page
    )
    .checked
  }
}

/// Opens tables for clients.
enum TableOpening {
  /// The table of a topic, read from disk if it has to be.
  static func open(_ topic: Topic<Event>) async -> Result<EventTable, ProtocolError> {
    do throws(TableError) {
      if let table = try await topic.openRows() { return .success(table) }
      return .failure(.unavailable("the table of '\(topic.name)' has another life; ask again"))
    } catch {
      if case .notOpened(let reason) = error, reason.isTransient {
        return .failure(.unavailable("\(error)"))
      }
      return .failure(.notAvailable("\(error)"))
    }
  }
}
