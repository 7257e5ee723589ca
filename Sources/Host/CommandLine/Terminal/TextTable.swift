// SPDX-License-Identifier: Apache-2.0

/// Rows in columns, for people: the first column at the left, the others at the right.
enum TextTable {
  static func text(_ rows: [[String]]) -> String {
    guard let first = rows.first else { return "" }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + blanks : blanks + row[column]
      }
      return cells.joined(separator: "  ") + "\n"
    }
    return lines.joined()
  }
}
