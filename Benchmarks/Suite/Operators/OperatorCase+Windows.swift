// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Windows of each kind with a count in them; by key, a window of half a second holds 32 readings
  /// of each sensor.
  static let windows: [OperatorCase] = [
    OperatorCase("map, with a watermark", isStateful: false) {
      $0.timed.map { $0.score }.counted()
    },
    OperatorCase("window, tumbling") {
      $0.timed.window(.tumbling(.milliseconds(500)), at: { $0.instant })
        .aggregate { Count() }.counted()
    },
    OperatorCase("window, tumbling, by key", why: hashed) {
      $0.timed.window(.tumbling(.milliseconds(500)), by: { $0.sensor }, at: { $0.instant })
        .aggregate { Count() }.counted()
    },
    OperatorCase("window, sliding by a fifth, by key", why: hashed + "; five firings of each") {
      $0.timed
        .window(
          .sliding(.milliseconds(500), every: .milliseconds(100)),
          by: { $0.sensor },
          at: { $0.instant }
        )
        .aggregate { Count() }.counted()
    },
    OperatorCase("window, sessions of 10 ms, by key", why: hashed + "; a window for each session") {
      $0.timed
        .window(.session(gap: .milliseconds(10)), by: { $0.sensor }, at: { $0.instant })
        .aggregate { Count() }.counted()
    },
    OperatorCase("window, 100 elements") {
      $0.plain.window(.count(100)).aggregate { Count() }.counted()
    },
    OperatorCase("window, 10 elements, by key", why: hashed) {
      $0.plain.window(.count(10), by: { $0.sensor }).limited(to: 100_000).aggregate { Count() }
        .counted()
    },
    OperatorCase("window, global, by key", why: hashed) {
      $0.timed.window(.global, by: { $0.sensor }, at: { $0.instant }).limited(to: 100_000).aggregate
      { Count() }
      .counted()
    },
  ]
}
