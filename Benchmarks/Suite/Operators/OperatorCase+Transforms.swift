// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Operators that need neither time nor keys.
  static let transforms: [OperatorCase] = [
    OperatorCase("no operator", isStateful: false) { $0.plain.counted() },
    OperatorCase("map", isStateful: false) { $0.plain.map { $0.score }.counted() },
    OperatorCase("map that may throw", isStateful: false) {
      $0.plain.map(tryScore).counted()
    },
    OperatorCase("filter", isStateful: false) { $0.plain.filter { $0.isLoud }.counted() },
    OperatorCase("compactMap", isStateful: false) {
      $0.plain.compactMap { $0.isLoud ? $0.score : nil }.counted()
    },
    OperatorCase("flatMap to one") {
      $0.plain.flatMap { CollectionOfOne($0.score) }.counted()
    },
    OperatorCase("scan") { $0.plain.scan(Int64(0)) { $0 &+= $1.score }.counted() },
    OperatorCase("pairwise") { $0.plain.pairwise().counted() },
    OperatorCase("prefix by count") { $0.plain.prefix(.max).counted() },
    OperatorCase("prefix while") { $0.plain.prefix(while: { $0.time >= 0 }).counted() },
    OperatorCase("prefix until an instant") { $0.plain.prefix(until: .never).counted() },
    OperatorCase("drop by count") { $0.plain.drop(1_000).counted() },
    OperatorCase("drop while") { $0.plain.drop { $0.time < 10 }.counted() },
    OperatorCase("removeDuplicates") { $0.plain.removeDuplicates { $0.sensor }.counted() },
    OperatorCase("chunked by 100") { $0.plain.chunked(by: 100).counted() },
    OperatorCase("chunked by 100 or 10 ms") {
      $0.plain.chunked(by: 100, within: .milliseconds(10)).counted()
    },
    OperatorCase("tap", isStateful: false) { $0.plain.tap { _ = opaqueCheck($0) }.counted() },
    OperatorCase("metrics") { $0.plain.metrics("all").counted() },
    OperatorCase("prepend") { $0.plain.prepend(Reading(number: 0)).counted() },
    OperatorCase("append") { $0.plain.append(Reading(number: 0)).counted() },
  ]

  /// Never throws, which its callers can't know.
  @Sendable
  private static func tryScore(_ reading: Reading) throws -> Int64 {
    guard reading.time >= 0 else { throw CancellationError() }
    return reading.score
  }
}

/// What a tap may do: a comparison that no optimiser leaves out.
@inline(never)
private func opaqueCheck(_ reading: Reading) -> Bool {
  reading.isLoud
}
