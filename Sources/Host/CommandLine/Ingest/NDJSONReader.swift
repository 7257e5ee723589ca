// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Reads JSON values, one per line.
struct NDJSONReader: LineRecordReader {
  private let format: RecordFormat
  var lines = LineSplitter(maximumLineBytes: EventChunk.maximumBytes)

  /// Makes a reader that takes time and subject from the format's fields.
  init(_ format: RecordFormat) { self.format = format }

  func outcome(of line: ArraySlice<UInt8>) -> ReadRecord.Outcome {
    let value: JSONView
    do {
      value = try JSONView.parse(line)
    } catch {
      return .refused("\(error.reason.rawValue) at column \(error.column)")
    }
    var draft = EventDraft(data: value.text)
    if let keyField = format.keyField { draft.subject = value.value(at: keyField)?.keyText }
    guard let timeField = format.timeField else { return .event(draft) }
    guard let field = value.value(at: timeField) else {
      return .timeless("there is no field '\(timeField)'")
    }
    do {
      draft.time = try EventTime.milliseconds(field)
    } catch {
      return .timeless(error.reason(field: timeField))
    }
    return .event(draft)
  }
}
