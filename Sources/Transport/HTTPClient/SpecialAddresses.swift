// SPDX-License-Identifier: Apache-2.0

/// A range of addresses that are not for everybody, and what they are for.
struct SpecialRange: Sendable {
  /// Its first bytes.
  let prefix: [UInt8]
  /// How many bits of them count.
  let bitCount: Int
  let purpose: String

  init(_ bytes: UInt8..., bits bitCount: Int, _ purpose: String) {
    (prefix, self.bitCount, self.purpose) = (bytes, bitCount, purpose)
  }

  func contains(_ address: [UInt8]) -> Bool {
    let (whole, rest) = bitCount.quotientAndRemainder(dividingBy: 8)
    guard address.prefix(whole).elementsEqual(prefix.prefix(whole)) else { return false }
    return rest == 0 || (address[whole] ^ prefix[whole]) >> UInt8(8 - rest) == 0
  }

  /// IANA's registry of special IPv4 addresses, with multicast and one cloud's metadata service.
  ///
  /// The other clouds' metadata services lie within: 169.254.169.254, 100.100.100.200, 192.0.0.192.
  static let version4 = [
    SpecialRange(0, bits: 8, "this network (RFC 791)"),
    SpecialRange(10, bits: 8, "private (RFC 1918)"),
    SpecialRange(100, 64, bits: 10, "carrier-grade NAT (RFC 6598)"),
    SpecialRange(127, bits: 8, "loopback (RFC 1122)"),
    SpecialRange(168, 63, 129, 16, bits: 32, "a cloud's platform service"),
    SpecialRange(169, 254, bits: 16, "link-local (RFC 3927)"),
    SpecialRange(172, 16, bits: 12, "private (RFC 1918)"),
    SpecialRange(192, 0, 0, bits: 24, "protocol assignments (RFC 6890)"),
    SpecialRange(192, 0, 2, bits: 24, "documentation (RFC 5737)"),
    SpecialRange(192, 88, 99, bits: 24, "6to4 relays (RFC 7526)"),
    SpecialRange(192, 168, bits: 16, "private (RFC 1918)"),
    SpecialRange(198, 18, bits: 15, "benchmarks (RFC 2544)"),
    SpecialRange(198, 51, 100, bits: 24, "documentation (RFC 5737)"),
    SpecialRange(203, 0, 113, bits: 24, "documentation (RFC 5737)"),
    SpecialRange(224, bits: 4, "multicast (RFC 5771)"),
    SpecialRange(240, bits: 4, "reserved (RFC 1112), broadcast"),
  ]

  /// What IPv6 unicast for everybody is taken from (RFC 4291 §2.4); all else is special: `::`, `::1`,
  /// IPv4-compatible, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard-only 100::/64, 5f00::/16,
  /// unique-local fc00::/7 (with a cloud's metadata service fd00:ec2::254), link-local, multicast.
  static let globalUnicast = SpecialRange(0x20, bits: 3, "global unicast (RFC 4291)")

  /// The special ranges within global unicast.
  static let version6 = [
    SpecialRange(0x20, 0x01, 0x00, bits: 23, "protocol assignments with Teredo (RFC 2928)"),
    SpecialRange(0x20, 0x01, 0x0D, 0xB8, bits: 32, "documentation (RFC 3849)"),
    SpecialRange(0x20, 0x02, bits: 16, "6to4 (RFC 3056)"),
    SpecialRange(0x3F, 0xFF, 0x00, bits: 20, "documentation (RFC 9637)"),
  ]
}

extension SpecialRange {
  /// The networks of an organisation.
  static let privateVersion4 = [
    SpecialRange(10, bits: 8, "private (RFC 1918)"),
    SpecialRange(172, 16, bits: 12, "private (RFC 1918)"),
    SpecialRange(192, 168, bits: 16, "private (RFC 1918)"),
  ]
  static let privateVersion6 = SpecialRange(0xFC, bits: 7, "unique-local (RFC 4193)")
  /// What one cloud tells its machines, among unique-local addresses.
  static let cloudVersion6 = SpecialRange(0xFD, 0x00, 0x0E, 0xC2, bits: 32, "a cloud's services")
}

extension SocketAddress {
  /// Whether the address is one of an organisation's own network.
  var isPrivate: Bool {
    let bytes = networkBytes
    if isIPv4 { return SpecialRange.privateVersion4.contains { $0.contains(bytes) } }
    return SpecialRange.privateVersion6.contains(bytes)
      && !SpecialRange.cloudVersion6.contains(bytes)
  }

  /// What the address is for, when it is not for everybody; `nil` for the public internet.
  ///
  /// An IPv4-mapped IPv6 address is judged as the IPv4 address that it stands for.
  var purpose: String? {
    let bytes = networkBytes
    if isIPv4 { return SpecialRange.version4.first { $0.contains(bytes) }?.purpose }
    guard SpecialRange.globalUnicast.contains(bytes) else { return "not global unicast (RFC 4291)" }
    return SpecialRange.version6.first { $0.contains(bytes) }?.purpose
  }
}
