// SPDX-License-Identifier: Apache-2.0
import Streams

/// Which aggregate's state follows, and in what form: a byte before each.
///
/// So a definition that has changed is told from one that has not. A number is never used again: a
/// form that changes gets a new one.
enum AggregateForm: UInt64 {
  case count = 1
  case sum = 2
  case least = 3
  case greatest = 4
  case minimum = 5
  case maximum = 6
  case mean = 7
  case variance = 8
  case first = 9
  case last = 10
  case earliest = 11
  case latest = 12
  case quantiles = 13
  case distinct = 14
  case approximateDistinct = 15
  case frequencies = 16
  case topK = 17
  case heavyHitters = 18
  case countMin = 19
  case histogram = 20
  case rate = 21
  case collect = 22
  case reduced = 23
}

extension StateEncoder {
  /// Writes which aggregate's state follows.
  mutating func write(_ form: AggregateForm) {
    write(form.rawValue)
  }

  /// Writes a number that is not negative.
  mutating func write(count: Int) {
    write(UInt64(Swift.max(0, count)))
  }

  /// Writes the counts that are not 0, each with its distance from the one before it.
  mutating func write(counts: [Int]) {
    write(count: counts.reduce(0) { $0 + ($1 > 0 ? 1 : 0) })
    var next = 0
    for (index, count) in counts.enumerated() where count > 0 {
      write(count: index - next)
      write(count: count)
      next = index + 1
    }
  }
}

extension StateDecoder {
  /// Reads which aggregate's state follows, and refuses any but this.
  mutating func expect(_ form: AggregateForm) throws(StateError) {
    let start = index
    guard let found = AggregateForm(rawValue: try readUInt64()) else {
      throw .malformed(at: start, expected: "\(form)")
    }
    guard found == form else { throw .otherStage(expected: "\(form)", found: "\(found)") }
  }

  /// Reads a number that is not negative.
  mutating func readTotal() throws(StateError) -> Int {
    let start = index
    guard let number = Int(exactly: try readUInt64()) else {
      throw .malformed(at: start, expected: "a count")
    }
    return number
  }

  /// Reads counts for `size` places.
  mutating func readCounts(size: Int) throws(StateError) -> [Int] {
    var counts = [Int](repeating: 0, count: size)
    var next = 0
    for _ in 0..<(try readCount()) {
      let start = index
      let (gap, count) = (try readTotal(), try readTotal())
      guard gap < size - next, count > 0 else {
        throw .malformed(at: start, expected: "a count in one of \(size) places")
      }
      counts[next + gap] = count
      next += gap + 1
    }
    return counts
  }

  /// Reads eight bytes that say how the aggregate was made, and refuses any but these.
  mutating func expect(fixed value: UInt64, _ what: String) throws(StateError) {
    let start = index
    guard try readFixed() == value else { throw .malformed(at: start, expected: what) }
  }

  /// Reads a number that says how the aggregate was made, and refuses any but this.
  mutating func expect(count value: Int, _ what: String) throws(StateError) {
    let start = index
    guard try readTotal() == value else { throw .malformed(at: start, expected: what) }
  }

  /// Reads a floating point number that is one.
  mutating func readNumber() throws(StateError) -> Double {
    let start = index
    let number = Double(bitPattern: try readFixed())
    guard !number.isNaN else { throw .malformed(at: start, expected: "a number") }
    return number
  }
}
