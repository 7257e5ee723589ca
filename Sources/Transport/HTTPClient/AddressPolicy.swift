// SPDX-License-Identifier: Apache-2.0

/// Decides which addresses a client may connect to.
///
/// It judges the address of each connection at the moment it is opened, not the name, so a name
/// that resolves to something else the second time (DNS rebinding) gains nothing.
public struct AddressPolicy: Sendable {
  private let isAllowed: @Sendable (SocketAddress) -> Bool

  /// Makes a policy.
  ///
  /// - Parameter isAllowed: Runs on the event loop, so it must not block.
  public init(_ isAllowed: @escaping @Sendable (SocketAddress) -> Bool) {
    self.isAllowed = isAllowed
  }

  /// Whether a connection to the address may be opened.
  public func allows(_ address: SocketAddress) -> Bool {
    isAllowed(address)
  }

  /// Allows everything.
  public static let any = AddressPolicy { _ in true }

  /// Allows the public internet only, on any port.
  ///
  /// It protects what this machine can reach and others can't (server-side request forgery), when
  /// users say where requests go.
  public static let publicInternet = AddressPolicy { $0.purpose == nil }

  /// Allows the public internet, loopback (127.0.0.0/8, ::1) and private networks (RFC 1918, RFC 4193),
  /// on any port.
  ///
  /// Link-local addresses stay refused, with what clouds tell their machines alone.
  public static let publicOrPrivate = AddressPolicy { address in
    address.purpose == nil || address.isLoopback || address.isPrivate
  }

  /// Allows the public internet only, on some ports.
  public static func publicInternet(ports: Set<UInt16>) -> AddressPolicy {
    AddressPolicy { $0.purpose == nil && ports.contains($0.port) }
  }
}
