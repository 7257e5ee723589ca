// SPDX-License-Identifier: Apache-2.0
public import Streams

// What an interval join writes into a checkpoint.
extension IntervalJoin {
  /// Writes the rows, what is being given out, and the watermark.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section(name) { encoder throws(StateError) in
      try watermark.encode(into: &encoder)
      try encoder.encode(evicted)
      try table.encode(into: &encoder)
    }
  }

  /// Reads the rows, what is being given out, and the watermark.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    let rule = rule
    try decoder.section(name) { decoder, _ throws(StateError) in
      watermark = try Timestamp(from: &decoder)
      evicted = try decoder.decode(Left?.self)
      try table.restore(
        from: &decoder,
        left: { rule.place(left: $0) },
        right: { rule.place(right: $0) }
      )
    }
  }
}
