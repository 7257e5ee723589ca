// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// An IP address and a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// Whether the address is of IPv4, as it also is when it reached an IPv6 listener mapped.
  public let isIPv4: Bool
  /// The port.
  public let port: UInt16
  // The bytes in network order, as they lie in memory; IPv4 uses the low half only.
  private let high: UInt64
  private let low: UInt64

  /// Reads an address in its textual form.
  ///
  /// - Parameters:
  ///   - host: An IPv4 or IPv6 literal (with or without brackets), or `localhost`, which means 127.0.0.1.
  ///   - port: The port; 0 lets the kernel choose one.
  /// - Throws: ``SystemError`` with `EINVAL` for any other text: names are not looked up.
  public init(host: String, port: UInt16) throws(SystemError) {
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let literal = isBracketed ? String(host.dropFirst().dropLast()) : host
    var version4 = in_addr()
    var version6 = in6_addr()
    if inet_pton(AF_INET, literal == "localhost" ? "127.0.0.1" : literal, &version4) == 1 {
      self.init(version4, port: port)
    } else if inet_pton(AF_INET6, literal, &version6) == 1 {
      self.init(version6, port: port)
    } else {
      throw SystemError(errno: EINVAL, operation: "read '\(host)' as an IP address")
    }
  }

  /// Takes the address out of the kernel's form; `nil` when it is of another family.
  init?(_ storage: sockaddr_storage) {
    let address = withUnsafeBytes(of: storage) { bytes -> SocketAddress? in
      switch CInt(storage.ss_family) {
      case AF_INET:
        let address = bytes.loadUnaligned(as: sockaddr_in.self)
        return SocketAddress(address.sin_addr, port: UInt16(bigEndian: address.sin_port))
      case AF_INET6:
        let address = bytes.loadUnaligned(as: sockaddr_in6.self)
        return SocketAddress(address.sin6_addr, port: UInt16(bigEndian: address.sin6_port))
      default:
        return nil
      }
    }
    guard let address else { return nil }
    self = address
  }

  private init(_ address: in_addr, port: UInt16) {
    (high, low, isIPv4, self.port) = (0, UInt64(address.s_addr), true, port)
  }

  private init(_ address: in6_addr, port: UInt16) {
    let (high, low) = withUnsafeBytes(of: address) {
      ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    // ::ffff:a.b.c.d is IPv4 that came in through an IPv6 socket (RFC 4291 §2.5.5.2).
    if high == 0, UInt64(bigEndian: low) >> 32 == 0xFFFF {
      let mapped = UInt32(truncatingIfNeeded: UInt64(bigEndian: low)).bigEndian
      (self.high, self.low, isIPv4, self.port) = (0, UInt64(mapped), true, port)
    } else {
      (self.high, self.low, isIPv4, self.port) = (high, low, false, port)
    }
  }

  /// The address without its port: `127.0.0.1` or `::1`.
  public var host: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      guard let start = text.baseAddress else { return "" }
      withUnsafeBytes(of: (high, low)) { bytes in
        let address = bytes.baseAddress.map { isIPv4 ? $0 + 8 : $0 }
        _ = inet_ntop(isIPv4 ? AF_INET : AF_INET6, address, start, socklen_t(text.count))
      }
      return String(cString: start)
    }
  }

  /// The network that one peer may have whole: an IPv4 address, or the first 64 bits of an IPv6
  /// address (RFC 6177 §2); without the port.
  public var network: SocketAddress {
    SocketAddress(isIPv4: isIPv4, high: high, low: isIPv4 ? low : 0)
  }

  private init(isIPv4: Bool, high: UInt64, low: UInt64) {
    (self.isIPv4, self.high, self.low, port) = (isIPv4, high, low, 0)
  }

  /// Whether only this machine can be at the other end: 127.0.0.0/8 or ::1.
  public var isLoopback: Bool {
    isIPv4 ? low & 0xFF == 127 : high == 0 && UInt64(bigEndian: low) == 1
  }

  /// The address and the port: `127.0.0.1:8080` or `[::1]:8080`.
  public var description: String {
    isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)"
  }

  /// The 4 or 16 bytes of the address in network order.
  var networkBytes: [UInt8] {
    withUnsafeBytes(of: (high, low)) { bytes in
      isIPv4 ? Array(bytes[8..<12]) : Array(bytes)
    }
  }

  var family: CInt { isIPv4 ? AF_INET : AF_INET6 }

  /// Lends the address in the form that `bind` and `connect` take.
  func withKernelForm<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    if isIPv4 {
      var form = sockaddr_in()
      form.sin_family = sa_family_t(AF_INET)
      form.sin_port = port.bigEndian
      form.sin_addr.s_addr = UInt32(truncatingIfNeeded: low)
      return Self.lend(&form, to: body)
    }
    var form = sockaddr_in6()
    form.sin6_family = sa_family_t(AF_INET6)
    form.sin6_port = port.bigEndian
    withUnsafeMutableBytes(of: &form.sin6_addr) {
      $0.storeBytes(of: high, as: UInt64.self)
      $0.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
    }
    return Self.lend(&form, to: body)
  }

  private static func lend<Form, Result>(
    _ form: inout Form,
    to body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: &form) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Form>.size))
      }
    }
  }
}
