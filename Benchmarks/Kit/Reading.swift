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

  /// Makes a reading from its parts.
  @inlinable
  public init(time: Int64, sensor: Int64, level: Double) {
    self.time = time
    self.sensor = sensor
    self.level = level
  }

  /// What the chain filters by first: three of four are.
  @inlinable public var isLoud: Bool { level >= 0.25 }
  /// What the chain maps to first: half the level, the next sensor.
  @inlinable public var calibrated: Reading {
    Reading(time: time, sensor: sensor &+ 1, level: level * 0.5)
  }
  /// What the chain filters calibrated readings by: two of three are.
  @inlinable public var isInRange: Bool { level < 0.375 }
  /// What the chain maps to in the end.
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
  /// What filter → map → filter → map → sum makes of all of them.
  public static let total = all.reduce(into: Int64(0)) { total, reading in
    let calibrated = reading.calibrated
    if reading.isLoud, calibrated.isInRange { total &+= calibrated.score }
  }
}

/// The five closures of filter → map → filter → map → sum, to be called through variables;
/// ``opaque(_:)`` makes sure that the caller's compiler does not know what they do.
public struct ScoreWork: Sendable {
  /// Whether a reading counts.
  public var isLoud: @Sendable (Reading) -> Bool = { $0.isLoud }
  /// What becomes of it.
  public var calibrate: @Sendable (Reading) -> Reading = { $0.calibrated }
  /// Whether that counts.
  public var isInRange: @Sendable (Reading) -> Bool = { $0.isInRange }
  /// What it counts for.
  public var score: @Sendable (Reading) -> Int64 = { $0.score }
  /// How that is added up.
  public var combine: @Sendable (inout Int64, Int64) -> Void = { $0 &+= $1 }

  /// Makes the closures.
  public init() {}
}
