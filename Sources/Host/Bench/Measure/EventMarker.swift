// SPDX-License-Identifier: Apache-2.0

/// What stands in each event of a run, so that a subscriber knows which one it has without reading
/// JSON: `"seq":"RRRRRRRR-TTTTTT-NNNNNNNNN-IIIIIIIII"`.
///
/// R names the run, so that events of others are told apart, T the topic, N counts the events of that
/// topic, and I those of the whole run.
struct EventMarker: Equatable, Sendable {
  /// The least bytes of an event: the marker and the JSON around it.
  static let minimumPayloadBytes = 64

  private static let opening = Array(#"{"seq":""#.utf8)
  private static let runDigits = 8
  private static let topicDigits = 6
  private static let numberDigits = 9

  /// Which topic, from 0 on.
  var topic: Int
  /// Which event of the topic, from 0 on.
  var number: Int
  /// Which event of the run, from 0 on.
  var index: Int

  /// Makes the bytes of an event, its marker yet to be stamped.
  ///
  /// - Parameters:
  ///   - run: Eight letters or digits.
  ///   - byteCount: How long it is, at least ``minimumPayloadBytes``.
  /// - Returns: A JSON object.
  static func payload(run: String, byteCount: Int) -> [UInt8] {
    precondition(run.utf8.count == runDigits, "a run has eight letters")
    precondition(byteCount >= minimumPayloadBytes, "an event has room for its marker")
    var bytes = opening + Array(run.utf8)
    for digits in [topicDigits, numberDigits, numberDigits] {
      bytes.append(UInt8(ascii: "-"))
      bytes += Array(repeating: UInt8(ascii: "0"), count: digits)
    }
    bytes += Array(#"","pad":""#.utf8)
    bytes += Array(repeating: UInt8(ascii: "x"), count: byteCount - bytes.count - 2)
    return bytes + Array(#""}"#.utf8)
  }

  /// Writes the marker into an event that begins at `start`.
  func stamp(into bytes: inout [UInt8], eventAt start: Int) {
    var place = start + Self.opening.count + Self.runDigits + 1
    Self.write(topic, digits: Self.topicDigits, at: place, into: &bytes)
    place += Self.topicDigits + 1
    Self.write(number, digits: Self.numberDigits, at: place, into: &bytes)
    place += Self.numberDigits + 1
    Self.write(index, digits: Self.numberDigits, at: place, into: &bytes)
  }

  /// Writes a number with leading zeros.
  static func write(_ number: Int, digits: Int, at place: Int, into bytes: inout [UInt8]) {
    var rest = number
    for offset in (0..<digits).reversed() {
      bytes[place + offset] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
  }
}

/// Finds markers of one run.
struct MarkerReader: Sendable {
  private let pattern: [UInt8]
  // Where the last one stood: the next mostly stands there too.
  private var likelyPlace = 0
  private static let length = 6 + 1 + 9 + 1 + 9

  /// Looks for the markers of a run.
  init(run: String) {
    pattern = Array("\"seq\":\"\(run)-".utf8)
  }

  /// The marker in the bytes of an event; `nil` when it is of another run, or none.
  mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) -> EventMarker? {
    let last = bytes.count - pattern.count - Self.length
    guard last >= 0 else { return nil }
    if likelyPlace <= last, isPattern(bytes, at: likelyPlace) { return parse(bytes, likelyPlace) }
    for place in 0...last where bytes[place] == pattern[0] && isPattern(bytes, at: place) {
      likelyPlace = place
      return parse(bytes, place)
    }
    return nil
  }

  private func isPattern(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    for offset in pattern.indices where bytes[place + offset] != pattern[offset] { return false }
    return true
  }

  private func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> EventMarker? {
    let topicPlace = place + pattern.count
    guard let topic = Self.number(bytes, topicPlace, digits: 6),
      let number = Self.number(bytes, topicPlace + 7, digits: 9),
      let index = Self.number(bytes, topicPlace + 17, digits: 9)
    else { return nil }
    return EventMarker(topic: topic, number: number, index: index)
  }

  private static func number(
    _ bytes: UnsafeBufferPointer<UInt8>,
    _ place: Int,
    digits: Int
  ) -> Int? {
    var number = 0
    for offset in 0..<digits {
      let digit = bytes[place + offset] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      number = number * 10 + Int(digit)
    }
    return number
  }
}
