// SPDX-License-Identifier: Apache-2.0

// What a driver writes into a checkpoint: its instants and watermarks, then its operators.
//
// It is taken between two entries, when what came out has been taken and no failure waits to be seen
// to, as one does in a pause: which entry is next is the business of whoever reads.
extension Driver {
  mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("flow") { encoder throws(StateError) in
      for instant in [watermark, told, settled, now, heard, silentThrough] {
        try instant.encode(into: &encoder)
      }
      encoder.write(UInt64(ending.rawValue))
    }
    try chain.encode(into: &encoder)
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("flow") { decoder, _ throws(StateError) in
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
    }
    try chain.restore(from: &decoder)
    takeStock()
  }
}
