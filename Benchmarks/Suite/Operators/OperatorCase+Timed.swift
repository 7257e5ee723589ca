// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Operators that go by the time at which elements come; intervals of 100 ms hold 6,400 readings,
  /// six of each sensor.
  static let timed: [OperatorCase] = [
    OperatorCase("throttle, latest") { $0.plain.throttle(for: .milliseconds(100)).counted() },
    OperatorCase("throttle, latest, by key", why: hashed) {
      $0.plain.throttle(for: .milliseconds(100), by: { $0.sensor }).counted()
    },
    OperatorCase("debounce") { $0.plain.debounce(for: .milliseconds(100)).counted() },
    OperatorCase("debounce by key", why: hashed) {
      $0.plain.debounce(for: .milliseconds(100), by: { $0.sensor }).counted()
    },
    OperatorCase("sample") { $0.plain.sample(every: .milliseconds(100)).counted() },
    OperatorCase("sample by key", why: hashed) {
      $0.plain.sample(every: .milliseconds(100), by: { $0.sensor }).counted()
    },
    OperatorCase("audit") { $0.plain.audit(for: .milliseconds(100)).counted() },
    OperatorCase("audit by key", why: hashed) {
      $0.plain.audit(for: .milliseconds(100), by: { $0.sensor }).counted()
    },
    OperatorCase("conflate") {
      $0.plain.conflate(within: .milliseconds(100)) { $0 = $1 }.counted()
    },
    OperatorCase("conflate by key", why: hashed) {
      $0.plain.conflate(within: .milliseconds(100), by: { $0.sensor }) { $0 = $1 }.counted()
    },
    OperatorCase("delay") { $0.plain.delay(by: .milliseconds(100)).counted() },
    OperatorCase("timeout") { $0.plain.timeout(.seconds(30)).counted() },
    OperatorCase("rateLimit, drop") {
      $0.plain.rateLimit(10_000, per: .seconds(1)).counted()
    },
    OperatorCase("rateLimit, drop, by key", why: hashed) {
      $0.plain.rateLimit(10, per: .seconds(1), by: { $0.sensor }).counted()
    },
  ]

  /// Why what looks up a key costs more than a call.
  static let hashed = "a hash of the key and a look-up"
}
