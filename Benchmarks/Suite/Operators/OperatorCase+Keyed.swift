// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Operators that hold something for each of 1,000 sensors, or remember what they have seen.
  static let keyed: [OperatorCase] = [
    OperatorCase("keyed state", why: hashed) {
      $0.plain.keyed(by: { $0.sensor }, initial: { Int64(0) }) { sum, reading -> Int64? in
        sum &+= reading.score
        return sum
      }.counted()
    },
    OperatorCase("keyed state with time to live", why: hashed + ", and a move in a list") {
      $0.plain.keyed(by: { $0.sensor }, ttl: .seconds(1), initial: { Int64(0) }) {
        sum,
        reading -> Int64? in
        sum &+= reading.score
        return sum
      }.counted()
    },
    OperatorCase("grouped, a map for each key", why: hashed) {
      $0.plain.grouped(by: { $0.sensor }) { $0.map { $0.score } }.counted()
    },
    OperatorCase("removeDuplicates among the last 10,000", why: hashed) {
      $0.plain.removeDuplicates(by: { $0.sensor }, amongLast: 10_000).counted()
    },
    OperatorCase("removeDuplicates within a second", why: hashed) {
      $0.plain.removeDuplicates(by: { $0.sensor }, within: .seconds(1)).counted()
    },
  ]
}
