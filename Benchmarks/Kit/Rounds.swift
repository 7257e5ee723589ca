// SPDX-License-Identifier: Apache-2.0

/// One way of doing what is measured.
public struct Variant: Sendable {
  /// What it is called in rows.
  public let name: String
  /// How often one round does it: elements or hops.
  public let count: Int
  /// Does it, and says how long that took without what had to be set up.
  public let work: @Sendable () async throws -> Elapsed

  /// Makes a variant.
  ///
  /// - Parameters:
  ///   - name: What it is called in rows.
  ///   - count: How often `work` does what is measured.
  ///   - work: Does it, and says how long that took without what had to be set up.
  public init(_ name: String, count: Int, _ work: @escaping @Sendable () async throws -> Elapsed) {
    self.name = name
    self.count = count
    self.work = work
  }
}

/// What the rounds of several variants came to.
///
/// The variants take turns, so what else the machine does meets all of them alike, and the ratios
/// are taken within a round, where it was the same.
public struct Rounds: Sendable {
  private var samples: [String: [Elapsed]] = [:]

  /// Runs all variants in turn: one round to warm up, then those that count.
  ///
  /// - Parameters:
  ///   - variants: What is compared; names are unique.
  ///   - count: How many rounds count.
  /// - Throws: What a variant threw.
  public init(of variants: [Variant], count: Int) async throws {
    for round in 0...count {
      for variant in variants {
        var elapsed = try await variant.work()
        guard round > 0 else { continue }
        elapsed.processor /= Double(variant.count)
        elapsed.wall /= Double(variant.count)
        samples[variant.name, default: []].append(elapsed)
      }
    }
  }

  /// The median of one variant, in nanoseconds for each time it was done.
  public func median(of name: String, by clock: KeyPath<Elapsed, Double>) -> Double {
    median(values(of: name, by: clock))
  }

  /// The median of the rounds' ratios of one variant to another.
  public func ratio(
    of name: String,
    to reference: String,
    by clock: KeyPath<Elapsed, Double>
  ) -> Double {
    let pairs = zip(values(of: name, by: clock), values(of: reference, by: clock))
    return median(pairs.map { $0 / $1 })
  }

  private func values(of name: String, by clock: KeyPath<Elapsed, Double>) -> [Double] {
    samples[name, default: []].map { $0[keyPath: clock] }
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}

/// Makes the rows of one benchmark out of its rounds.
public struct RowMaker: Sendable {
  /// The benchmark's name.
  public let benchmark: String
  /// What it counts, in the singular: `element`, `hop`.
  public let counted: String
  /// What was measured.
  public let rounds: Rounds

  /// Makes a maker of rows.
  public init(_ benchmark: String, per counted: String, _ rounds: Rounds) {
    self.benchmark = benchmark
    self.counted = counted
    self.rounds = rounds
  }

  /// The processor time of one variant, compared with another if one is named.
  public func processorTime(
    _ name: String,
    against reference: String? = nil,
    goal: Row.Goal? = nil,
    why: String? = nil
  ) -> Row {
    var row = row(name, "ns CPU/\(counted)", \.processor, reference, goal)
    row.why = why
    return row
  }

  /// The time that passed in one variant, for what waits rather than works.
  public func wallTime(_ name: String) -> Row {
    row("\(name), time passed", "ns/\(counted)", \.wall, nil, nil, of: name)
  }

  private func row(
    _ measure: String,
    _ unit: String,
    _ clock: KeyPath<Elapsed, Double>,
    _ reference: String?,
    _ goal: Row.Goal?,
    of name: String? = nil
  ) -> Row {
    Row(
      benchmark: benchmark,
      measure: measure,
      unit: unit,
      value: rounds.median(of: name ?? measure, by: clock),
      reference: reference,
      referenceValue: reference.map { rounds.median(of: $0, by: clock) },
      ratio: reference.map { rounds.ratio(of: name ?? measure, to: $0, by: clock) },
      goal: goal
    )
  }
}
