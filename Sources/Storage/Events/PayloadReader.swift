// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Reads a payload from its second byte; every step is checked against the end.
struct PayloadReader {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex + 1
  }

  mutating func readFlags() throws(EventPayload.Malformed) -> EventFlags {
    guard index < bytes.endIndex, bytes[index] & ~EventFlags.known == 0 else {
      throw expected("what attributes there are")
    }
    index += 1
    return EventFlags(rawValue: bytes[index - 1])
  }

  /// Reads a number of 1 to 10 bytes; it has one form only, so none that ends in an empty byte.
  private mutating func readNumber(
    _ what: @autoclosure () -> String
  ) throws(EventPayload.Malformed) -> UInt64 {
    var (number, shift) = (UInt64(0), UInt64(0))
    while index < bytes.endIndex, shift < 70 {
      let byte = bytes[index]
      guard shift < 63 || byte <= 1, byte != 0 || shift == 0 else { break }
      index += 1
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    throw expected(what())
  }

  mutating func readText(_ what: String) throws(EventPayload.Malformed) -> String {
    let length = try readNumber("the length of \(what)")
    guard length <= UInt64(bytes.endIndex - index) else { throw expected("all of \(what)") }
    let end = index + Int(length)
    guard let text = String(validating: bytes[index..<end], as: UTF8.self) else {
      throw expected("\(what) in UTF-8")
    }
    index = end
    return text
  }

  mutating func readTime() throws(EventPayload.Malformed) -> Timestamp {
    let number = try readNumber("a time")
    let magnitude = Int64(bitPattern: number >> 1)
    return Timestamp(milliseconds: number & 1 == 0 ? magnitude : ~magnitude)
  }

  /// Reads tags, which stand in the order of their names' bytes, each name once.
  mutating func readTags() throws(EventPayload.Malformed) -> [String: String] {
    let count = try readNumber("the number of tags")
    // Each has two lengths, so a number that could not be there takes no memory.
    guard count > 0, count <= UInt64(bytes.endIndex - index) / 2 else { throw expected("tags") }
    var tags = [String: String](minimumCapacity: Int(count))
    var last: String?
    for _ in 0..<count {
      let start = index
      let name = try readText("a tag's name")
      let value = try readText("a tag's value")
      let isInOrder = last?.utf8.lexicographicallyPrecedes(name.utf8) ?? true
      guard isInOrder, tags.updateValue(value, forKey: name) == nil else {
        throw .malformed(at: start - bytes.startIndex, expected: "a tag behind the last one")
      }
      last = name
    }
    return tags
  }

  /// The data, which is all that is left.
  func readRest() -> [UInt8] { Array(bytes[index...]) }

  private func expected(_ what: String) -> EventPayload.Malformed {
    .malformed(at: index - bytes.startIndex, expected: what)
  }
}
