// SPDX-License-Identifier: Apache-2.0

/// What tells of all other parts of a state that is stored.
struct StateHeader: Hashable, Sendable {
  /// The tables that it has.
  var tables: Set<UInt32> = []
  /// The number of the next new table.
  var nextTable: UInt32 = 1
  /// Whether what is written as one stands under the second set of names.
  var isMoved = false

  init() {}

  init(tables: Set<UInt32>, nextTable: UInt32, isMoved: Bool) {
    (self.tables, self.nextTable, self.isMoved) = (tables, nextTable, isMoved)
  }

  /// Reads one.
  ///
  /// - Throws: ``StateError`` if it is damaged.
  init(_ bytes: [UInt8]) throws(StateError) {
    var decoder = StateDecoder(bytes)
    try decoder.section("state", version: 2) { decoder, version throws(StateError) in
      // The first version numbered the commits.
      if version == 1 { _ = try decoder.readUInt64() }
      nextTable = try UInt32(from: &decoder)
      tables = Set(try [UInt32](from: &decoder))
      if version > 1 { isMoved = try Bool(from: &decoder) }
    }
  }

  func encoded() throws(StateError) -> [UInt8] {
    var encoder = StateEncoder()
    try encoder.section("state", version: 2) { encoder throws(StateError) in
      encoder.write(UInt64(nextTable))
      try encoder.encode(tables.sorted())
      try isMoved.encode(into: &encoder)
    }
    return encoder.bytes
  }
}
