// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Storage

typealias Change = Streams.TableChange<String, Int>

/// What a table of texts and numbers should be: by every change there was, in order.
struct TableModel {
  /// What a key has, since when.
  struct Row: Hashable {
    var key: String
    var value: Int
    var offset: Offset
  }

  var maximumKeys = 100_000
  var maximumBytes = Int.max
  /// Every change that was stored, by offset.
  private(set) var changes: [Offset: Change] = [:]

  /// What a change weighs in these tests.
  static let weigher = Weigher<Change>.each { weight($0) }
  private static func weight(_ change: Change) -> Int { 10 + abs(change.value ?? 0) % 7 }

  mutating func note(_ stored: [Change], _ receipt: Receipt) {
    for (index, change) in stored.enumerated() {
      changes[receipt.firstOffset + Offset(index)] = change
    }
  }

  mutating func note(_ change: Change, at offset: Offset) { changes[offset] = change }

  /// The newest offset that was acknowledged.
  var newest: Offset { changes.keys.max() ?? 0 }

  /// The rows after so many changes, in the order in which they were set.
  func rows(through end: Offset) -> [Row] {
    var rows: [Row] = []
    for offset in 1..<end + 1 {
      guard let change = changes[offset] else { continue }
      rows.removeAll { $0.key == change.key }
      guard let value = change.value else { continue }
      rows.append(Row(key: change.key, value: value, offset: offset))
      while rows.count > maximumKeys || (bytes(rows) > maximumBytes && rows.count > 1) {
        rows.removeFirst()
      }
    }
    return rows
  }

  private func bytes(_ rows: [Row]) -> Int {
    rows.reduce(0) { $0 + Self.weight(.set($1.key, $1.value)) }
  }

  /// The rows as a table has them.
  static func rows(_ table: Table<String, Int>) -> (through: Offset, rows: [Row]) {
    let snapshot = table.snapshot()
    let rows = snapshot.map { Row(key: $0.key, value: $0.value, offset: $0.offset) }
    return (snapshot.offset, rows)
  }
}

extension SeededRandom {
  /// A few changes of few keys, of which two are one text in two forms of Unicode.
  mutating func makeChanges(keys: Int = 12) -> [Change] {
    (0..<Int.random(in: 1...3, using: &self)).map { _ in
      let number = Int.random(in: 0..<keys, using: &self)
      let key = number == 0 ? "\u{E9}" : number == 1 ? "e\u{301}" : "k\(number)"
      if Int.random(in: 0..<4, using: &self) == 0 { return .delete(key) }
      return .set(key, Int.random(in: 0..<10_000, using: &self))
    }
  }
}
