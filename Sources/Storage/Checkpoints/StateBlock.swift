// SPDX-License-Identifier: Apache-2.0

/// Changes of a state that are stored as one row, in the order of their keys.
///
/// Each is the length of its key (two bytes, lowest first), the length of its value and one (four
/// bytes; 0 if the key is gone), the key and the value.
struct StateBlock {
  /// What a block holds, unless a single change is larger.
  static let usualBytes = 32 << 10
  /// The format of the bytes; a later version may have others.
  static let format: Int64 = 1
  private static let headBytes = 6

  private(set) var bytes: [UInt8] = []
  private(set) var changes = 0
  private var lastKeyRange = 0..<0

  var isEmpty: Bool { changes == 0 }
  /// The greatest key: the last one.
  var lastKey: [UInt8] { Array(bytes[lastKeyRange]) }

  /// Whether a change belongs into the next block.
  func isFull(for key: Int, _ value: Int) -> Bool {
    changes > 0 && bytes.count + Self.headBytes + key + value > Self.usualBytes
  }

  /// What a change takes.
  static func size(_ key: Int, _ value: Int) -> Int { headBytes + key + value }

  /// Adds a change; its key is greater than those before.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - value: Its value; `nil` if it is gone.
  ///   - expected: What this change and those that follow will take, if that is known.
  mutating func add(
    _ key: UnsafeRawBufferPointer,
    _ value: UnsafeRawBufferPointer?,
    expected: Int = usualBytes
  ) {
    if changes == 0 { bytes.reserveCapacity(min(expected, Self.usualBytes)) }
    let keyLength = UInt16(key.count)
    let valueLength = value.map { UInt32($0.count + 1) } ?? 0
    withUnsafeBytes(of: keyLength.littleEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: valueLength.littleEndian) { bytes.append(contentsOf: $0) }
    lastKeyRange = bytes.count..<bytes.count + key.count
    bytes.append(contentsOf: key)
    if let value { bytes.append(contentsOf: value) }
    changes += 1
  }

  mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    changes = 0
    lastKeyRange = 0..<0
  }

  // MARK: Reading

  /// Where the key and the value of a change lie.
  struct Place {
    let key: Range<Int>
    /// `nil` if the key is gone.
    let value: Range<Int>?
    /// Where the next change begins.
    let end: Int
  }

  /// The change that begins at `start`; `nil` if the bytes are none.
  static func place(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Place? {
    guard start + headBytes <= bytes.count else { return nil }
    let stored = (
      bytes.loadUnaligned(fromByteOffset: start, as: UInt16.self),
      bytes.loadUnaligned(fromByteOffset: start + 2, as: UInt32.self)
    )
    let (keyLength, valueLength) = (Int(stored.0.littleEndian), Int(stored.1.littleEndian))
    let keyStart = start + headBytes
    let keyEnd = keyStart + keyLength
    let end = keyEnd + max(0, valueLength - 1)
    guard end <= bytes.count else { return nil }
    return Place(
      key: keyStart..<keyEnd,
      value: valueLength == 0 ? nil : keyEnd..<end,
      end: end
    )
  }
}
