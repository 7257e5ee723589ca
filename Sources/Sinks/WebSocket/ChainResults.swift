// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The results of a subscription's chain.
enum ChainResults: Sendable {
  /// Shared with all who ask for the same.
  case shared(DerivedSubscription)
  /// Of this subscription alone, which is waited for.
  case held(HeldSubscription)

  var topic: Topic<Event> {
    switch self {
    case .shared(let derived): derived.topic
    case .held(let held): held.topic
    }
  }

  /// The epoch that the client is told.
  var epoch: String {
    switch self {
    case .shared(let derived): derived.epoch
    case .held(let held): held.epoch
    }
  }

  func end() {
    switch self {
    case .shared(let derived): derived.end()
    case .held(let held): held.end()
    }
  }
}

/// What becomes of a subscription that its client does not keep up with, as the client asks for it.
enum OverrunRequest: Equatable, Sendable {
  /// It goes on where it can, and is told what was gone.
  case skip
  /// It is waited for, no longer than so.
  case hold(longest: Duration)

  /// The longest that anybody is waited for.
  static let longestHold = Duration.seconds(60)

  /// Reads `{"policy":"hold","max":"5s"}`.
  init(_ view: JSONView) throws(ProtocolError) {
    guard view.kind == .object else { throw .badRequest("'overrun' is not an object") }
    var (policy, longest): (String?, Duration) = (nil, .seconds(5))
    try view.forEachMember { (name, value) throws(ProtocolError) in
      switch name {
      case "policy": policy = value.string
      case "max":
        let duration = value.string.flatMap { ChainDuration.milliseconds($0) }
        guard let duration, 1...Self.longestHold.wholeMilliseconds ~= duration else {
          throw .badRequest("'overrun.max' is not a duration up to \"60s\", such as \"5s\"")
        }
        longest = .milliseconds(duration)
      default: throw .badRequest("'overrun' has no field '\(name)'; it has policy and max")
      }
    }
    switch policy {
    case "skip": self = .skip
    case "hold": self = .hold(longest: longest)
    default: throw .badRequest("'overrun.policy' is neither \"skip\" nor \"hold\"")
    }
  }
}
