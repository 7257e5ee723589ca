// SPDX-License-Identifier: Apache-2.0

/// The state of a pipeline as it is stored: its bytes in parts of one size, numbered.
struct StateImage: Equatable {
  private var parts: [[UInt8]]

  init() { parts = [] }

  /// What was stored, in the order of the keys.
  init(_ stored: [StatePart]) {
    parts = stored.compactMap(\.value)
  }

  /// The whole state; `nil` if there is none.
  var bytes: [UInt8]? { parts.isEmpty ? nil : parts.flatMap { $0 } }

  /// Becomes another state; answers what has changed.
  mutating func change(to bytes: [UInt8]) -> [StatePart] {
    var changes: [StatePart] = []
    let size = CheckpointLimits.partBytes
    let count = (bytes.count + size - 1) / size
    for index in 0..<count {
      let range = index * size..<min(bytes.count, (index + 1) * size)
      if index < parts.count, parts[index].elementsEqual(bytes[range]) { continue }
      let part = Array(bytes[range])
      if index < parts.count { parts[index] = part } else { parts.append(part) }
      changes.append(StatePart(Self.key(index), part))
    }
    for index in count..<max(count, parts.count) {
      changes.append(StatePart(Self.key(index), nil))
    }
    parts.removeLast(parts.count - count)
    return changes
  }

  /// The number of a part, so that keys are in its order.
  private static func key(_ index: Int) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
  }
}
