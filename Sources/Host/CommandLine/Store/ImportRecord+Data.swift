// SPDX-License-Identifier: Apache-2.0
import Codecs
import FoundationEssentials

/// The data of an entry: what it says as JSON or text, or its bytes.
extension ImportRecord {
  var isText: Bool {
    get throws(Fault) {
      guard let type = try text("datacontenttype") else { return false }
      if type == "application/json" { return false }
      guard type == "text/plain" else {
        throw Fault(
          field: "datacontenttype",
          what: "'\(type)' can't be stored",
          remedy: "write text/plain for text, or leave it out for JSON"
        )
      }
      return true
    }
  }

  var data: [UInt8] {
    get throws(Fault) {
      switch (members["data"], members["data_base64"]) {
      case (let value?, nil):
        guard try isText else { return value.text }
        return Array((try text("data") ?? "").utf8)
      case (nil, let value?):
        return try decoded(value)
      case (nil, nil):
        throw Fault(field: "data", what: "it is missing", remedy: "write null if there is none")
      case (_?, _?):
        throw Fault(
          field: "data_base64",
          what: "it is there beside 'data'",
          remedy: "leave out one of them"
        )
      }
    }
  }

  private func decoded(_ value: JSONView) throws(Fault) -> [UInt8] {
    guard let text = value.string, let data = Data(base64Encoded: text) else {
      throw Fault(
        field: "data_base64",
        what: "it is not base64",
        remedy: "export the topic again, or write the data as 'data'"
      )
    }
    let bytes = Array(data)
    guard try isText ? Self.isText(bytes) : Self.isJSON(bytes) else {
      throw Fault(
        field: "data_base64",
        what: "what it holds is not \(try isText ? "text in UTF-8" : "JSON on one line")",
        remedy: "leave out the line"
      )
    }
    return bytes
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  /// Whether it can be stored as JSON; why not is told with the field.
  private static func isJSON(_ bytes: [UInt8]) -> Bool {
    guard !bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return false }
    return (try? JSONView.parse(bytes, limits: JSONLimits(maximumDepth: 512))) != nil
  }
}
