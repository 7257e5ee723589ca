// SPDX-License-Identifier: Apache-2.0

// A cursor's place in a checkpoint.
extension Cursor {
  /// Writes down the life of the log, the position, and what the topic has promised its readers.
  public func encodePlace(into encoder: inout StateEncoder) throws(StateError) {
    encoder.writeFixed(topic.epoch.rawValue)
    encoder.write(position.next)
    encoder.write(position.nextMark)
    // A reader may have acted on it: nothing may be appended before that when the clock jumps back.
    try topic.floor.encode(into: &encoder)
  }

  /// Goes there; in a life of the log that has nothing of that one, to the oldest entry that is kept.
  ///
  /// In a life that has taken over what was left, behind what was read of that.
  public func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    let epoch = Epoch(rawValue: try decoder.readFixed())
    let place = Position(next: try decoder.readUInt64(), nextMark: try decoder.readUInt64())
    let floor = try Timestamp(from: &decoder)
    let carried = topic.state.withLock { $0.carryOver(place, from: epoch) }
    guard let place = carried, place.next <= topic.end.next else {
      start(at: topic.earliest)
      return false
    }
    topic.keepPromise(before: floor)
    start(at: place)
    return true
  }
}
