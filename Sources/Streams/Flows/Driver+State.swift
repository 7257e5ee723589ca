// SPDX-License-Identifier: Apache-2.0

// What a driver writes into a checkpoint: its instants and watermarks, what is left of its batch, then
// its operators.
//
// It is taken when what came out has been taken and no failure waits to be seen to, as one does in a
// pause. Where what is left can't be stored it is taken between two batches.
extension Driver {
  /// Whether its state can be taken now.
  var isAtRest: Bool {
    guard !hasNews, !chain.isPending, !chain.hasSideWrites, !chain.hasFailures else {
      return false
    }
    return itemIndex >= items.count || StateForm(of: Chain.Input.self) > .none
  }

  mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("flow", version: 2) { encoder throws(StateError) in
      for instant in [watermark, told, settled, now, heard, silentThrough] {
        try instant.encode(into: &encoder)
      }
      encoder.write(UInt64(ending.rawValue))
      try rest.encode(into: &encoder)
    }
    try chain.encode(into: &encoder)
  }

  /// What is left of the batch.
  private var rest: [Batch<Chain.Input>.Item] {
    guard itemIndex < items.count else { return [] }
    var rest = Array(items[itemIndex...])
    if elementIndex > 0, case .run(var run) = rest[0] {
      _ = run.split(at: elementIndex)
      rest[0] = .run(run)
    }
    return rest
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("flow", version: 2) { decoder, version throws(StateError) in
      watermark = try Timestamp(from: &decoder)
      told = try Timestamp(from: &decoder)
      settled = try Timestamp(from: &decoder)
      now = try Timestamp(from: &decoder)
      heard = try Timestamp(from: &decoder)
      silentThrough = try Timestamp(from: &decoder)
      let index = decoder.index
      guard let ending = Ending(rawValue: try UInt8(from: &decoder)) else {
        throw .malformed(at: index, expected: "how far the end was told")
      }
      self.ending = ending
      if version > 1 { items = try [Batch<Chain.Input>.Item](from: &decoder) }
    }
    try chain.restore(from: &decoder)
    takeStock()
  }
}
