// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks

/// Readers of the claims that tokens of both kinds have.
enum JSONClaim {
  /// The longest name of a channel, in bytes.
  static let maximumChannelBytes = 255

  static func isChannel(_ name: String) -> Bool {
    (1...maximumChannelBytes).contains(name.utf8.count)
      && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  /// A list of channels without any twice; none when the claim is missing.
  static func channels(_ value: JSONView?, _ claim: String) throws(TokenFailure) -> [String] {
    guard let value else { return [] }
    let names = value.elements.compactMap(\.string)
    guard value.kind == .array, names.count == value.elements.count, names.allSatisfy(isChannel)
    else { throw .invalidClaim(claim) }
    var known: Set<String> = []
    return names.filter { known.insert($0).inserted }
  }

  /// JSON text out of a claim, or out of the one whose name begins with `b64`, which counts if both
  /// are there.
  static func json(_ view: JSONView, _ claim: String) throws(TokenFailure) -> [UInt8]? {
    let encoded = "b64\(claim)"
    guard let value = view[encoded] else { return view[claim].map(\.compacted) }
    guard let text = value.string, let bytes = Base64.decode(text),
      let decoded = try? JSONView.parse(bytes, limits: JSONLimits(maximumDepth: 16))
    else { throw .invalidClaim(encoded) }
    return decoded.compacted
  }

  /// What is special about a subscription: `info`, `data` and `override`.
  static func subscription(
    _ channel: String,
    _ options: JSONView
  ) throws(TokenFailure) -> GrantedSubscription {
    GrantedSubscription(
      channel: channel,
      info: try json(options, "info"),
      data: try json(options, "data"),
      overrides: try overrides(options["override"])
    )
  }

  /// Each override is an object with a `value`; those whose names mean nothing here are ignored.
  private static func overrides(_ value: JSONView?) throws(TokenFailure) -> [String: Bool] {
    guard let value else { return [:] }
    guard value.kind == .object else { throw .invalidClaim("override") }
    var overrides: [String: Bool] = [:]
    for name in [
      "presence", "join_leave", "force_recovery", "force_positioning", "force_push_join_leave",
    ] {
      guard let override = value[name] else { continue }
      guard let isOn = override["value"]?.bool else { throw .invalidClaim("override") }
      overrides[name] = isOn
    }
    return overrides
  }
}

extension ChannelPermissions {
  /// Reads a list of names, of which those that mean nothing here allow nothing.
  init(claim value: JSONView?, _ name: String) throws(TokenFailure) {
    self = []
    guard let value else { return }
    let names = value.elements.compactMap(\.string)
    guard value.kind == .array, names.count == value.elements.count else {
      throw .invalidClaim(name)
    }
    self = names.reduce(into: []) { all, name in
      if let permission = ChannelPermissions(named: name) { all.formUnion(permission) }
    }
  }
}

extension ChannelGrants {
  /// The most channels and patterns in all rules of a token.
  static let maximumPatternCount = 256

  /// Reads `caps`: a list of objects with `channels`, perhaps `match`, and `allow`.
  ///
  /// A way to match that is not known can't be passed over, for the first match decides.
  init(claim value: JSONView?) throws(TokenFailure) {
    self.init()
    guard let value else { return }
    guard value.kind == .array else { throw .invalidClaim("caps") }
    var patternCount = 0
    try value.forEachElement { (element) throws(TokenFailure) in
      guard element["channels"] != nil else { throw .invalidClaim("caps") }
      let channels = try JSONClaim.channels(element["channels"], "caps")
      patternCount += channels.count
      let match = element["match"].map { $0.string ?? "?" } ?? "exact"
      let make: (String) -> ChannelPattern
      switch match {
      case "exact", "": make = { .exact($0) }
      case "wildcard": make = { .wildcard($0) }
      default: throw .invalidClaim("caps")
      }
      let permissions = try ChannelPermissions(claim: element["allow"], "caps")
      rules.append(Rule(channels.map(make), permissions))
    }
    guard patternCount <= Self.maximumPatternCount else { throw .invalidClaim("caps") }
  }
}
