// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Reads the requests in a web server's log.
struct CombinedReader: LineRecordReader {
  private let keyField: String?
  var lines = LineSplitter(maximumLineBytes: 256 << 10)

  /// Makes a reader that takes the subject from a field.
  init(keyField: String?) { self.keyField = keyField }

  func outcome(of line: ArraySlice<UInt8>) -> ReadRecord.Outcome {
    let request: CombinedLogLine
    do {
      request = try CombinedLogLine.parse(line)
    } catch {
      return .refused(error.description)
    }
    var draft = EventDraft(data: data(of: request), type: "request")
    do {
      draft.time = try EventTime.checked(request.time)
    } catch {
      return .refused("its time is outside the years 0000 to 9999 in UTC")
    }
    if let keyField { draft.subject = subject(of: request, keyField) }
    return .event(draft)
  }

  private func data(of request: CombinedLogLine) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("client", request.client)
    json.optionalText("method", request.method)
    json.text("path", request.target)
    json.number("status", request.status)
    json.name("bytes")
    json.value(request.bytes)
    json.optionalText("referrer", request.referrer)
    json.optionalText("agent", request.agent)
    json.endObject()
    return json.bytes
  }

  private func subject(of request: CombinedLogLine, _ field: String) -> String? {
    switch field {
    case "client": request.client
    case "method": request.method
    case "path": request.target
    case "status": "\(request.status)"
    case "bytes": "\(request.bytes)"
    case "referrer": request.referrer
    case "agent": request.agent
    default: nil
    }
  }
}

extension ReadRecord {
  /// A line that no event can hold.
  static func oversized(_ number: Int) -> ReadRecord {
    ReadRecord(line: number, outcome: .refused("the line is too long for an event"))
  }
}

extension ArraySlice<UInt8> {
  /// Whether there is nothing but spaces and tabs.
  var isBlank: Bool {
    allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }
}

extension JSONWriter {
  fileprivate mutating func optionalText(_ name: String, _ text: String?) {
    self.name(name)
    if let text { value(text) } else { null() }
  }
}
