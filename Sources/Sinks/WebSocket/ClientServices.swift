// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What the sessions of a server ask for on behalf of their clients.
public struct ClientServices: Sendable {
  /// The topics there are.
  public let directory: TopicDirectory
  /// Who clients are and what they may do.
  public let authority: any ClientAuthority
  /// Who is in which channel.
  public let presence: PresenceBoard
  /// What clients may call; `nil` for nothing.
  public let calls: (any RemoteCalls)?

  /// Puts them together.
  ///
  /// - Parameters:
  ///   - directory: The topics.
  ///   - authority: By default everybody may do everything.
  ///   - presence: By default a board of its own.
  ///   - calls: By default nothing can be called.
  public init(
    directory: TopicDirectory,
    authority: any ClientAuthority = OpenAuthority(),
    presence: PresenceBoard = PresenceBoard(),
    calls: (any RemoteCalls)? = nil
  ) {
    (self.directory, self.authority) = (directory, authority)
    (self.presence, self.calls) = (presence, calls)
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
