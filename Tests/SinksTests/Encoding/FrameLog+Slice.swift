// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Sinks

extension FrameLog {
  /// What a log of a volatile topic reads: that is never on disk.
  func slice(from offset: Offset, maximumCount: Int, maximumBytes: Int) -> Slice {
    var evaluator = FilterEvaluator()
    let slice = read(
      from: offset,
      maximumCount: maximumCount,
      maximumBytes: maximumBytes,
      by: &evaluator
    )
    guard let slice else { preconditionFailure("a volatile topic has no journal") }
    return slice
  }
}
