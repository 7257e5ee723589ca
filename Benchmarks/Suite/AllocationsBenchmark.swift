// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

/// How often something is allocated while elements pass; needs the counting library that
/// `script/bench allocations` loads.
///
/// What a run allocates once is not in the figures: they are the difference between a run and one
/// of twice as many elements.
enum AllocationsBenchmark {
  static let benchmark = Benchmark(
    "allocations",
    "allocations per million elements, by a count of the calls of malloc"
  ) { effort in
    guard let counter = AllocationCounter() else {
      BenchmarkProgram.say("  left out: script/bench runs it by itself, with a library that counts")
      return []
    }
    let passes = max(2, 32 / effort.divisor)
    var rows: [Row] = []
    for (variant, bound) in variants {
      _ = try await variant(1).work()
      let once = try await allocations(of: variant(passes), counter)
      let twice = try await allocations(of: variant(2 * passes), counter)
      let counts = (variant(2 * passes).count - variant(passes).count)
      rows.append(row(variant(1).name, Double(twice - once) / Double(counts), bound))
    }
    for `operator` in OperatorCase.all {
      rows.append(try await row(for: `operator`, passes, counter))
    }
    return rows + (try FilterAllocations.rows(passes: passes, counter))
  }

  /// The variants by how often they go through the readings.
  ///
  /// Where elements cross a topic there are some allocations for each batch, so no goal.
  private static let variants: [(make: @Sendable (Int) -> Variant, bound: Double?)] = [
    ({ LoopVariants.inlined(passes: $0) }, 0),
    ({ LoopVariants.fusedInOneFunction(passes: $0) }, 0),
    ({ WeirVariants.livePipeline(passes: $0) }, nil),
    ({ WeirVariants.liveFlow(passes: $0) }, nil),
  ]

  /// What a pipeline of operators that hold nothing may allocate for a million elements: none for an
  /// element, nor for a batch.
  private static let statelessBound = 1_000.0

  private static func allocations(
    of variant: Variant,
    _ counter: AllocationCounter
  ) async throws -> Int {
    let before = counter.count
    _ = try await variant.work()
    return counter.count - before
  }

  /// An operator of the table in a pipeline over batches that were made before.
  private static func row(
    for operator: OperatorCase,
    _ passes: Int,
    _ counter: AllocationCounter
  ) async throws -> Row {
    let readings = (0..<Readings.count * passes).map {
      Reading(number: $0, keys: OperatorsBenchmark.keys)
    }
    let half = Array(readings[..<(readings.count / 2)])
    let counts = try await [half, readings].asyncMap { readings in
      let source = try PreparedSource(readings, perMillisecond: Reading.perMillisecond)
      let pipeline = `operator`.make(Feed(source: source))
      let before = counter.count
      try await pipeline.run()
      return counter.count - before
    }
    let elements = Double(readings.count - half.count) * Double(`operator`.inputs)
    let bound = `operator`.isStateful ? nil : statelessBound
    return row(`operator`.name, Double(counts[1] - counts[0]) / elements, bound)
  }

  private static func row(_ name: String, _ perElement: Double, _ bound: Double?) -> Row {
    Row(
      benchmark: "allocations",
      measure: name,
      unit: "allocations/million elements",
      value: max(0, perElement * 1e6),
      goal: bound.map { .atMost($0) }
    )
  }
}

extension Array {
  /// Transforms one element after the other.
  fileprivate func asyncMap<Output>(
    _ transform: (Element) async throws -> Output
  ) async throws -> [Output] {
    var outputs: [Output] = []
    for element in self { outputs.append(try await transform(element)) }
    return outputs
  }
}
