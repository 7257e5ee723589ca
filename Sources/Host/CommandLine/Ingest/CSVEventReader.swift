// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Reads the records of a table with a header.
struct CSVEventReader: RecordReader {
  private let format: RecordFormat
  private var records: CSVReader

  /// Makes a reader that takes time and subject from the format's columns.
  init(_ format: RecordFormat) {
    self.format = format
    var limits = CSVLimits()
    limits.maximumRecordBytes = 256 << 10
    records = CSVReader(limits: limits)
  }

  mutating func receive(_ bytes: [UInt8]) { records.receive(bytes) }

  var bufferedCount: Int { 0 }

  mutating func receiveEnd() { records.receiveEnd() }

  mutating func next() throws(CommandFailure) -> ReadRecord? {
    while let event = records.nextEvent() {
      switch event {
      case .violation(let violation):
        return ReadRecord(line: violation.line, outcome: .refused(violation.reason.rawValue))
      case .record(let record):
        guard record.header == nil else {
          return ReadRecord(line: record.line, outcome: outcome(of: record))
        }
        try takeHeader(record.fields)
      }
    }
    return nil
  }

  private mutating func takeHeader(_ names: [String]) throws(CommandFailure) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw .failure("the header has two columns '\(name)'", remedy: "give them different names")
    }
    for (option, column) in [("time", format.timeField), ("key", format.keyField)] {
      guard let column, !seen.contains(column) else { continue }
      throw .failure(
        "there is no column '\(column)' for --\(option)",
        remedy: "the columns are \(names.joined(separator: ", "))"
      )
    }
    records.header = names
  }

  private func outcome(of record: CSVRecord) -> ReadRecord.Outcome {
    var draft = EventDraft(data: Self.data(of: record))
    if let key = format.keyField, let text = record[key], !text.isEmpty { draft.subject = text }
    guard let timeField = format.timeField else { return .event(draft) }
    do {
      draft.time = try EventTime.milliseconds(record[timeField] ?? "")
    } catch {
      return .timeless(error.reason(field: timeField))
    }
    return .event(draft)
  }

  private static func data(of record: CSVRecord) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    for (name, text) in zip(record.header ?? [], record.fields) {
      json.name(name)
      if text.isPlainDecimal { json.raw(text.utf8) } else { json.value(text) }
    }
    json.endObject()
    return json.bytes
  }
}

extension String {
  /// Whether the text is a number as JSON writes it, without exponent, that a double holds exactly
  /// enough to be written again.
  ///
  /// At most 15 digits; `007` and `1.` are text.
  var isPlainDecimal: Bool {
    var rest = utf8[...]
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = rest.prefix { $0.isDigit }
    rest = rest[whole.endIndex...]
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
    guard !rest.isEmpty else { return whole.count <= 15 }
    let fraction = rest.dropFirst()
    return rest.first == UInt8(ascii: ".") && !fraction.isEmpty && fraction.allSatisfy(\.isDigit)
      && whole.count + fraction.count <= 15
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
}
