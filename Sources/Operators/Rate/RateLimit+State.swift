// SPDX-License-Identifier: Apache-2.0
public import Streams

extension RateLimit {
  /// Writes the buckets that are not full, and what waits.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    if case .hold = excess { try StateEncoder.check(Element.self) }
    try encoder.section("rateLimit") { encoder throws(StateError) in
      try early.encode(into: &encoder) { element, encoder throws(StateError) in
        try encoder.encode(element)
      }
      try lanes.encode(into: &encoder) { lane, encoder throws(StateError) in
        try lane.bucket.encode(into: &encoder)
        try lane.queue.encode(into: &encoder) { element, encoder throws(StateError) in
          try encoder.encode(element)
        }
      }
    }
  }

  /// Reads the buckets that are not full, and what waits.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("rateLimit") { decoder, _ throws(StateError) in
      early = try Self.queue(from: &decoder)
      try lanes.restore(from: &decoder) { decoder throws(StateError) in
        var lane = Lane(bucket: try TokenBucket(from: &decoder, by: rate))
        lane.queue = try Self.queue(from: &decoder)
        return lane
      }
      // The rate may have been another when the deadlines were written.
      for slot in lanes.slots.indices { plan(slot) }
    }
  }

  private static func queue(
    from decoder: inout StateDecoder
  ) throws(StateError) -> WaitingQueue<Element> {
    try WaitingQueue(from: &decoder) { decoder throws(StateError) in
      try decoder.decode(Element.self)
    }
  }
}
