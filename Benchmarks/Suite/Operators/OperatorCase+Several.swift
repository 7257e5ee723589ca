// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Operators that read several inputs, all of the same readings.
  ///
  /// The cost is that of each element of each input. Ten readings of a sensor lie within 160 ms.
  static let several: [OperatorCase] = [
    OperatorCase("merge of two", why: entries, inputs: 2) {
      $0.plain.merge($0.plain).counted()
    },
    OperatorCase("concat of two", why: entries, inputs: 2) {
      $0.plain.concat($0.plain).counted()
    },
    OperatorCase("zip of two", why: entries, inputs: 2) { $0.plain.zip($0.plain).counted() },
    OperatorCase("combineLatest of two", why: entries, inputs: 2) {
      $0.plain.combineLatest($0.plain).counted()
    },
    OperatorCase("withLatest", why: entries, inputs: 2) {
      $0.plain.withLatest($0.plain).counted()
    },
    OperatorCase("join of the newest by key", why: entries + "; " + hashed, inputs: 2) {
      $0.plain.join($0.plain, on: { $0.sensor }, equals: { $0.sensor }, keeping: .newest, .newest)
        .counted()
    },
    OperatorCase("join within 10 ms by key", why: entries + "; " + hashed, inputs: 2) {
      $0.timed.join(
        $0.timed,
        on: { $0.sensor },
        equals: { $0.sensor },
        within: .zero ... .milliseconds(10),
        at: { $0.instant },
        { $0.instant }
      ).counted()
    },
    OperatorCase("join with a table by key", why: entries + "; " + hashed, inputs: 2) {
      $0.plain.join(
        latest: $0.plain,
        on: { $0.sensor },
        equals: { $0.sensor },
        value: { Optional($0.level) }
      ).counted()
    },
    OperatorCase("join in windows by key", why: entries + "; " + hashed, inputs: 2) {
      $0.timed.join(
        $0.timed,
        on: { $0.sensor },
        equals: { $0.sensor },
        in: .tumbling(.milliseconds(16)),
        at: { $0.instant },
        { $0.instant }
      ).counted()
    },
  ]

  /// Why what reads several flows costs more than a call.
  private static let entries = "each element leaves its flow as an entry, and is merged in by time"
}
