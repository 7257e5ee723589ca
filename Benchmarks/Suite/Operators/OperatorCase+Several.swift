// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Operators that read several inputs; the cost is that of each element of each input.
  static let several: [OperatorCase] = [
    OperatorCase("merge of two", inputs: 2) { $0.plain.merge($0.plain).counted() }
  ]
}
