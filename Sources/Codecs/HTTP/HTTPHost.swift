// SPDX-License-Identifier: Apache-2.0

/// The host and port of a `Host` field or an absolute target: `uri-host [ ":" port ]`
/// (RFC 9110 §7.2, RFC 3986 §3.2.2).
struct HTTPHost {
  /// Whether a host is named, and not only a port or nothing.
  let isNamed: Bool

  /// Reads an authority without user information; `nil` when it is not valid.
  init?(_ authority: String) {
    self.init(Array(authority.utf8)[...])
  }

  /// Reads an authority without user information; `nil` when it is not valid.
  init?(_ authority: ArraySlice<UInt8>) {
    var rest = authority
    if rest.first == ASCII.leftBracket {
      guard let close = rest.firstIndex(of: ASCII.rightBracket),
        Self.isAddressLiteral(rest[..<close].dropFirst())
      else { return nil }
      rest = rest[(close + 1)...]
      isNamed = true
    } else {
      let name = rest.prefix { $0 != ASCII.colon }
      guard Self.isName(name) else { return nil }
      isNamed = !name.isEmpty
      rest = rest[name.endIndex...]
    }
    guard let colon = rest.popFirst() else { return }
    guard colon == ASCII.colon, rest.allSatisfy(\.isASCIIDigit) else { return nil }
  }

  /// `*( unreserved / pct-encoded / sub-delims )`: IPv4 addresses too.
  private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
    var rest = name
    while let byte = rest.popFirst() {
      if byte == ASCII.percent {
        guard rest.popFirst()?.hexValue != nil, rest.popFirst()?.hexValue != nil else {
          return false
        }
      } else if !byte.isHostCharacter {
        return false
      }
    }
    return true
  }

  private static func isAddressLiteral(_ literal: ArraySlice<UInt8>) -> Bool {
    guard literal.first?.lowercasedASCII == UInt8(ascii: "v") else { return isIPv6(literal) }
    let parts = literal.dropFirst().split(
      separator: ASCII.dot,
      maxSplits: 1,
      omittingEmptySubsequences: false
    )
    return parts.count == 2 && !parts[0].isEmpty && parts[0].allSatisfy { $0.hexValue != nil }
      && !parts[1].isEmpty && parts[1].allSatisfy { $0.isHostCharacter || $0 == ASCII.colon }
  }

  /// Eight groups of up to four digits, the last two perhaps as IPv4, some replaced by `::` once.
  private static func isIPv6(_ address: ArraySlice<UInt8>) -> Bool {
    var groups = address.split(separator: ASCII.colon, omittingEmptySubsequences: false)
    // A gap at an end makes two empty groups there, of which one is the gap.
    if address.starts(with: "::".utf8) {
      groups.removeFirst()
    } else if groups.first?.isEmpty == true {
      return false
    }
    if address.suffix(2).elementsEqual("::".utf8) {
      groups.removeLast()
    } else if groups.last?.isEmpty == true {
      return false
    }
    let gapCount = groups.count(where: \.isEmpty)
    var groupCount = groups.count - gapCount
    if let last = groups.last, last.contains(ASCII.dot) {
      guard isIPv4(last) else { return false }
      groups.removeLast()
      groupCount += 1
    }
    let areHexadecimal = groups.allSatisfy { group in
      group.count <= 4 && group.allSatisfy { $0.hexValue != nil }
    }
    return areHexadecimal && (gapCount == 0 ? groupCount == 8 : gapCount == 1 && groupCount < 8)
  }

  private static func isIPv4(_ address: ArraySlice<UInt8>) -> Bool {
    let numbers = address.split(separator: ASCII.dot, omittingEmptySubsequences: false)
    return numbers.count == 4
      && numbers.allSatisfy { digits in
        let text = String(decoding: digits, as: UTF8.self)
        return UInt8(text).map { String($0) == text } ?? false
      }
  }
}

extension UInt8 {
  /// Whether the byte may stand for itself in a host name (RFC 3986 §2.2, §2.3); not a comma, which
  /// stands where somebody joined two hosts.
  fileprivate var isHostCharacter: Bool {
    if isASCIIDigit || isASCIILetter { return true }
    return switch self {
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
      UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default: false
    }
  }
}
