// SPDX-License-Identifier: Apache-2.0
import Operators

/// One stage of a chain as it was understood: all defaults filled in, durations in milliseconds.
enum ChainStage: Sendable {
  case filter(EventFilter)
  case select([ChainOutput])
  case throttle(ChainPace, keeping: ThrottleKeeping)
  case debounce(ChainPace, maximumWait: Int64?)
  case sample(ChainPace)
  case latest(ChainLatest)
  case distinct(ChainDistinct)
  case limit(Int)
  case rate(ChainRate)
  case window(ChainWindow, [ChainMeasure])

  /// What it is called in a chain.
  var name: String {
    switch self {
    case .filter: "filter"
    case .select: "select"
    case .throttle: "throttle"
    case .debounce: "debounce"
    case .sample: "sample"
    case .latest: "latest"
    case .distinct: "distinct"
    case .limit, .rate: "limit"
    case .window: "window"
    }
  }
}

/// What becomes of an element with a key for which there is no room.
enum ChainOverflow: String, Sendable {
  /// Another key goes before its time.
  case release
  /// The element is dropped.
  case refuse
}

/// Keys that are kept, and what becomes of one more.
struct ChainKeys: Sendable {
  var count: Int
  var overflow: ChainOverflow
}

/// An interval for each key.
struct ChainPace: Sendable {
  var interval: Int64
  var key: ChainField?
  var keys: ChainKeys
}

/// The newest of each key by event time, at once or once in an interval.
struct ChainLatest: Sendable {
  var key: ChainField
  var interval: Int64?
  var keys: ChainKeys
}

/// What passes once.
struct ChainDistinct: Sendable {
  var key: ChainField
  var interval: Int64?
  var keys: Int
}

/// So many in an interval.
struct ChainRate: Sendable {
  var count: Int
  var pace: ChainPace
}

/// A member that `select` writes.
struct ChainOutput: Sendable {
  enum Value: Sendable {
    case field(ChainField)
    /// JSON text.
    case literal([UInt8])
  }

  var name: String
  var value: Value
}

/// Windows, and how they fire.
struct ChainWindow: Sendable {
  enum Kind: Sendable {
    case tumbling(Int64)
    case sliding(size: Int64, every: Int64)
    case session(gap: Int64)
    case count(Int, every: Int)
    case global
  }

  enum Early: Sendable {
    case count(Int)
    case every(Int64)
  }

  var kind: Kind
  var key: ChainField?
  var isByEventTime: Bool
  var lateness: Int64
  var early: Early?
  var keys: ChainKeys
  /// How far out of order event times may come.
  var disorder: Int64
  /// After how long a silence the clock moves the watermark, if it does.
  var silence: Int64?
}
