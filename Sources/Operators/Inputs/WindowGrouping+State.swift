// SPDX-License-Identifier: Apache-2.0
public import Streams

// What a window join writes into a checkpoint.
extension WindowGrouping {
  /// Writes the open windows, and the watermark.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("group") { encoder throws(StateError) in
      encoder.write(watermark)
      encoder.write(UInt64(open.count))
      for window in open {
        let first = window.end == open.first?.end ? given : 0
        encoder.write(window.end)
        encoder.write(UInt64(window.groups.count - first))
        for entry in window.groups.entries[first...] {
          try encoder.encode(entry.key)
          try encoder.encode(window.lefts.elements(of: entry.value.left))
          try encoder.encode(window.rights.elements(of: entry.value.right))
        }
      }
    }
  }

  /// Reads the open windows, and the watermark.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("group") { decoder, _ throws(StateError) in
      watermark = try decoder.readInt64()
      for _ in 0..<(try decoder.readCount()) {
        let index = decoder.index
        var window = Window(end: try decoder.readInt64())
        let count = try decoder.readCount()
        guard count > 0, open.last.map({ $0.end < window.end }) ?? true else {
          throw .malformed(at: index, expected: "a window behind the one before")
        }
        for _ in 0..<count { held += try Self.readGroup(into: &window, from: &decoder) }
        open.append(window)
      }
    }
  }

  private static func readGroup(
    into window: inout Window,
    from decoder: inout StateDecoder
  ) throws(StateError) -> Int {
    let key = try decoder.decode(Key.self)
    _ = window.place(of: key)
    let left = try decoder.decode([Left].self)
    let right = try decoder.decode([Right].self)
    for element in left { window.add(left: element, of: key) }
    for element in right { window.add(right: element, of: key) }
    return left.count + right.count
  }
}
