// SPDX-License-Identifier: Apache-2.0

/// The checksum of a stored row: XXH64 over its fixed numbers, each as eight bytes with the lowest
/// first, whose hash is the seed of the payload's.
///
/// A row that was moved, or belongs to another topic or offset, does not have it either.
enum Checksum {
  /// The checksum of an entry.
  static func ofEntry(
    id: Int64,
    appended: Int64,
    position: Int64,
    format: Int64,
    payload: UnsafeRawBufferPointer
  ) -> Int64 {
    of((id, appended, position, format), payload)
  }

  /// The checksum of a row of a table, in whose place an entry can't be put.
  static func ofTableRow(
    id: Int64,
    appended: Int64,
    format: Int64,
    payload: UnsafeRawBufferPointer
  ) -> Int64 {
    of((id, appended, -1, format), payload)
  }

  /// The checksum of what is known of a table as a whole.
  static func ofTable(_ numbers: [Int64], definition: String) -> Int64 {
    let seed = numbers.map(\.littleEndian).withUnsafeBytes { XXHash64.hash($0) }
    var definition = definition
    return definition.withUTF8 { bytes in
      Int64(bitPattern: XXHash64.hash(UnsafeRawBufferPointer(bytes), seed: seed))
    }
  }

  /// The checksum of a mark.
  static func ofMark(id: Int64, after: Int64, appended: Int64, kind: Int64, instant: Int64) -> Int64
  {
    withUnsafeBytes(of: instant.littleEndian) { of((id, after, appended, kind), $0) }
  }

  /// The checksum of the greatest key of a block of state.
  static func ofBlockKey(pipeline: Int64, row: Int64, lastKey: UnsafeRawBufferPointer) -> Int64 {
    of((row, pipeline, StateBlock.format, 0), lastKey)
  }

  /// The checksum of a block of state, of which that of its key is the seed.
  static func ofBlock(_ key: Int64, _ changes: UnsafeRawBufferPointer) -> Int64 {
    Int64(bitPattern: XXHash64.hash(changes, seed: UInt64(bitPattern: key)))
  }

  /// The checksum of the row of a segment of state.
  static func ofSegment(_ numbers: [Int64]) -> Int64 {
    numbers.map(\.littleEndian).withUnsafeBytes { Int64(bitPattern: XXHash64.hash($0)) }
  }

  /// The checksum of a part of a pipeline's state in schema 1.
  static func ofState(
    pipeline: Int64,
    key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer
  ) -> Int64 {
    let keyed = XXHash64.hash(key, seed: UInt64(bitPattern: pipeline))
    return Int64(bitPattern: XXHash64.hash(value, seed: keyed))
  }

  @inline(__always)
  private static func of(
    _ numbers: (Int64, Int64, Int64, Int64),
    _ payload: UnsafeRawBufferPointer
  ) -> Int64 {
    let seed = XXHash64.hash(
      (
        UInt64(bitPattern: numbers.0), UInt64(bitPattern: numbers.1), UInt64(bitPattern: numbers.2),
        UInt64(bitPattern: numbers.3)
      )
    )
    return Int64(bitPattern: XXHash64.hash(payload, seed: seed))
  }
}
