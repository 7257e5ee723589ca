// SPDX-License-Identifier: Apache-2.0
public import Transport

/// By what it is told how much of the server one client takes.
///
/// What all clients share, filters that are evaluated and chains that are computed, is nobody's alone:
/// each may take a part of it.
public enum ClientKey: Hashable, Sendable {
  /// A user, over all of its connections.
  case user(String)
  /// A connection of somebody unknown, on a loop.
  case connection(RegistrationID, loop: Int)

  /// Whose a connection is.
  public init(_ identity: ClientIdentity?, _ connection: RegistrationID, loop: Int) {
    if let user = identity?.user, !user.isEmpty {
      self = .user(user)
    } else {
      self = .connection(connection, loop: loop)
    }
  }
}
