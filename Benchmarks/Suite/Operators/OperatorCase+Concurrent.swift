// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Operators that read a flow anew, depend on demand, or work in tasks of their own.
  static let concurrent: [OperatorCase] = [
    OperatorCase("retry", why: handed, isStateful: false) {
      $0.plain.retry(atMost: 10).counted()
    },
    OperatorCase("conflate by demand", why: folded) {
      $0.plain.conflate(into: { $0.score }) { $0 &+= $1.score }.counted()
    },
    OperatorCase("expand to one", why: opened) {
      $0.plain.expand { CollectionOfOne($0.score) }.counted()
    },
    OperatorCase("mapAsync, 16 at a time", why: called) {
      $0.plain.mapAsync(concurrency: 16) { $0.score }.counted()
    },
    OperatorCase("mapAsync, 16 at a time, out of order", why: called) {
      $0.plain.mapAsync(concurrency: 16, ordered: false) { $0.score }.counted()
    },
    OperatorCase("partitioned in two, a map in each", why: divided) {
      $0.plain.partitioned(by: { $0.sensor }, into: 2) { $0.map { $0.score } }.counted()
    },
  ]

  private static let handed = "each batch is taken from one flow and handed to another"
  private static let folded = "a task reads and folds, where the elements' type is not known"
  private static let opened = "a sequence is opened for each element, where its type is not known"
  private static let called = "each element is handed to a task, and its result back"
  private static let divided =
    "the elements of each instant go to tasks and back, and are merged by time"
}
