// SPDX-License-Identifier: Apache-2.0
import Streams

/// A row made of the fields that a query names.
struct Fields<each Field: RowField>: NexmarkRow {
  let fields: (repeat each Field)

  init(_ fields: repeat each Field) {
    self.fields = (repeat each fields)
  }

  func write(to text: inout CSVText) {
    repeat (each fields).write(to: &text)
  }
}

/// What can stand in a row.
protocol RowField: Sendable {
  func write(to text: inout CSVText)
}

extension Int64: RowField {
  func write(to text: inout CSVText) { text.field(self) }
}
extension Int: RowField {
  func write(to text: inout CSVText) { text.field(self) }
}
extension String: RowField {
  func write(to text: inout CSVText) { text.field(self) }
}
extension Timestamp: RowField {
  func write(to text: inout CSVText) { text.field(self) }
}
