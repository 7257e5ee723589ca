// SPDX-License-Identifier: Apache-2.0

/// What may be done with a channel.
public struct ChannelPermissions: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt8
  /// Makes a set of bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Receiving what is published, `sub`.
  public static let subscribe = ChannelPermissions(rawValue: 1)
  /// Publishing, `pub`.
  public static let publish = ChannelPermissions(rawValue: 2)
  /// Asking who is there, and being told who comes and goes, `prs`.
  public static let presence = ChannelPermissions(rawValue: 4)
  /// Reading what was published before, and recovering, `hst`.
  public static let history = ChannelPermissions(rawValue: 8)
  /// Being waited for instead of being told of a gap, `hold`.
  public static let hold = ChannelPermissions(rawValue: 16)

  /// The permission that a token calls so; `nil` for a name that means nothing here.
  public init?(named name: String) {
    switch name {
    case "sub": self = .subscribe
    case "pub": self = .publish
    case "prs": self = .presence
    case "hst": self = .history
    case "hold": self = .hold
    default: return nil
    }
  }
}

/// What a token lets its client do with which channels, as its claim `caps` has it.
///
/// The first rule that names a channel decides, whatever the later ones say.
public struct ChannelGrants: Equatable, Sendable {
  /// Channels, and what may be done with them.
  public struct Rule: Equatable, Sendable {
    /// The channels.
    public var channels: [ChannelPattern]
    /// What may be done.
    public var permissions: ChannelPermissions

    /// Makes a rule.
    public init(_ channels: [ChannelPattern], _ permissions: ChannelPermissions) {
      (self.channels, self.permissions) = (channels, permissions)
    }
  }

  /// The rules, in their order.
  public var rules: [Rule]

  /// Makes grants; of none by default.
  public init(_ rules: [Rule] = []) {
    self.rules = rules
  }

  /// What may be done with a channel; `nil` when no rule names it, so that the channel's namespace
  /// decides.
  ///
  /// O(n) in the length of the rules, which is bounded by that of a token.
  public func permissions(for channel: String) -> ChannelPermissions? {
    rules.first { rule in rule.channels.contains { $0.matches(channel) } }?.permissions
  }
}

/// One channel, or those whose names look alike.
public enum ChannelPattern: Hashable, Sendable {
  /// The channel with exactly this name, byte by byte.
  case exact(String)
  /// The channels whose names are this text with something, or nothing, in place of each `*`.
  case wildcard(String)

  /// Whether a channel is meant.
  public func matches(_ channel: String) -> Bool {
    switch self {
    case .exact(let name): name.utf8.elementsEqual(channel.utf8)
    case .wildcard(let pattern): Self.matches(Array(pattern.utf8), Array(channel.utf8))
    }
  }

  /// Goes back to the last `*` only: at most as many steps as both lengths multiplied.
  private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (place, index) = (0, 0)
    var lastStar: (place: Int, index: Int)?
    while index < name.count {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        lastStar = (place, index)
        place += 1
      } else if place < pattern.count, pattern[place] == name[index] {
        (place, index) = (place + 1, index + 1)
      } else if let star = lastStar {
        lastStar = (star.place, star.index + 1)
        (place, index) = (star.place + 1, star.index + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
