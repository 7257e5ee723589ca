// SPDX-License-Identifier: Apache-2.0
public import Streams

/// An entry as it is stored.
public struct StoredEntry: Hashable, Sendable {
  /// Its offset.
  public let offset: Offset
  /// Its instant.
  public let appended: Timestamp
  /// What the caller encoded, in the memory of all entries that were read with it.
  public let bytes: ArraySlice<UInt8>
  /// A copy of what the caller encoded.
  public var payload: [UInt8] { Array(bytes) }

  init(offset: Offset, appended: Timestamp, bytes: ArraySlice<UInt8>) {
    (self.offset, self.appended, self.bytes) = (offset, appended, bytes)
  }

  init(offset: Offset, appended: Timestamp, payload: [UInt8]) {
    self.init(offset: offset, appended: appended, bytes: payload[...])
  }
}

/// Entries without a hole among them, whose payloads lie one behind the other: a read takes memory
/// for all of them, not for each.
public struct StoredEntries: RandomAccessCollection, Sendable {
  private struct Row: Sendable {
    let appended: Timestamp
    /// Where its payload ends and the next one begins.
    let end: Int
  }

  private var first: Offset = 1
  private var rows: [Row] = []
  private var bytes: [UInt8] = []

  init() {}

  /// Entries for which there is room from the start.
  private static let reservedRows = 10_000
  /// Bytes for which there is room from the start, for each entry: larger ones take it as they come.
  private static let reservedBytes = 192

  /// Sets the offset of the first entry, before there is one.
  mutating func begin(at offset: Offset, reserving count: Int, bytes limit: Int) {
    first = offset
    let count = Swift.min(count, Self.reservedRows)
    rows.reserveCapacity(count)
    bytes.reserveCapacity(Swift.min(limit, count * Self.reservedBytes))
  }

  /// Adds the next entry.
  @inline(__always)
  mutating func append(_ row: borrowing EntryRow) {
    bytes.append(contentsOf: row.payload)
    rows.append(Row(appended: row.appended, end: bytes.count))
  }

  /// Takes away what stands behind an offset.
  mutating func removeAll(behind offset: Offset) {
    let kept = offset < first ? 0 : Swift.min(rows.count, Int(offset - first) + 1)
    rows.removeLast(rows.count - kept)
    bytes.removeLast(bytes.count - (rows.last?.end ?? 0))
  }

  // MARK: Collection

  /// The place of the first entry.
  public var startIndex: Int { 0 }
  /// The place behind the last.
  public var endIndex: Int { rows.count }
  /// The entry at a place.
  public subscript(place: Int) -> StoredEntry {
    entry(place, from: place == 0 ? 0 : rows[place - 1].end)
  }

  private func entry(_ place: Int, from start: Int) -> StoredEntry {
    let row = rows[place]
    return StoredEntry(
      offset: first + Offset(place),
      appended: row.appended,
      bytes: bytes[start..<row.end]
    )
  }
}

extension StoredEntries: Hashable {
  /// Whether both hold the same entries.
  public static func == (a: StoredEntries, b: StoredEntries) -> Bool { a.elementsEqual(b) }

  /// Feeds all entries.
  public func hash(into hasher: inout Hasher) {
    for entry in self { hasher.combine(entry) }
  }
}
