// SPDX-License-Identifier: Apache-2.0

/// Statements whose values are whole numbers, in the order of their places.
extension Database {
  /// Runs a statement that has no rows.
  func run(_ sql: SQL, _ values: Int64...) throws(StorageError) {
    let statement = try statement(sql)
    statement.bind(values)
    try statement.run()
  }

  /// Reads all rows of a statement.
  func rows<Row>(
    _ sql: SQL,
    _ values: Int64...,
    reading row: (Statement) -> Row
  ) throws(StorageError) -> [Row] {
    let statement = try statement(sql)
    defer { statement.reset() }
    statement.bind(values)
    var rows: [Row] = []
    while try statement.step() { rows.append(row(statement)) }
    return rows
  }
}

extension Statement {
  fileprivate func bind(_ values: [Int64]) {
    for (index, value) in values.enumerated() { bind(value, at: Int32(index) + 1) }
  }
}
