// SPDX-License-Identifier: Apache-2.0

/// The element of the benchmarks: 24 bytes without a reference.
@frozen
public struct Reading: Sendable {
  /// When it was taken.
  public var time: Int64
  /// Who took it.
  public var sensor: Int64
  /// What it shows.
  public var level: Double

  /// Makes the reading with a number: levels go round 0, ¼, ½, ¾.
  public init(number: Int) {
    time = Int64(number)
    sensor = Int64(number % 97)
    level = Double(number % 4) / 4
  }

  /// What the benchmarks filter by: three of four are.
  @inlinable public var isLoud: Bool { level >= 0.25 }
  /// What the benchmarks map to.
  @inlinable public var score: Int64 { sensor &* 3 &+ 1 }
}

/// The elements that every variant of a benchmark goes through.
public enum Readings {
  /// As many as a topic keeps by default.
  public static let count = 16_384
  /// Elements of one publish.
  public static let batch = 256

  /// All readings, in order.
  public static let all = (0..<count).map(Reading.init(number:))
  /// All readings, in parts of ``batch``.
  public static let batches = stride(from: 0, to: count, by: batch).map {
    Array(all[$0..<$0 + batch])
  }
  /// What filter → map → sum makes of all of them.
  public static let total = all.reduce(into: Int64(0)) { if $1.isLoud { $0 &+= $1.score } }
}

/// The three closures of filter → map → sum, to be called through variables; ``opaque(_:)`` makes
/// sure that the caller's compiler does not know what they do.
public struct ScoreWork: Sendable {
  /// Whether a reading counts.
  public var isIncluded: @Sendable (Reading) -> Bool = { $0.isLoud }
  /// What it counts for.
  public var transform: @Sendable (Reading) -> Int64 = { $0.score }
  /// How that is added up.
  public var combine: @Sendable (inout Int64, Int64) -> Void = { $0 &+= $1 }

  /// Makes the closures.
  public init() {}
}
