// SPDX-License-Identifier: Apache-2.0
import Codecs

/// An event as a publisher writes it: data, and the attributes that are given.
struct EventDraft: Equatable {
  /// The data, JSON text.
  var data: [UInt8]
  /// What kind of fact it is.
  var type: String?
  /// What it is about.
  var subject: String?
  /// When it was, in milliseconds since 1970.
  var time: Int64?
  /// How it is named.
  var id: String?
  /// Names, each once, and values beside the data.
  var tags: [Tag] = []

  /// A name and a value.
  struct Tag: Equatable {
    var name: String
    var value: String
  }

  /// The CloudEvent (CloudEvents 1.0, JSON format) that the server completes.
  var encoded: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("specversion", "1.0")
    if let type { json.text("type", type) }
    if let id { json.text("id", id) }
    if let subject { json.text("subject", subject) }
    if let time { json.text("time", RFC3339.format(milliseconds: time)) }
    for tag in tags { json.text(tag.name, tag.value) }
    json.name("data")
    json.raw(data)
    json.endObject()
    return json.bytes
  }

  /// Checks the name of a tag.
  ///
  /// - Parameter name: The name.
  /// - Returns: The rule that is broken, or `nil`.
  static func fault(inTag name: String) -> String? {
    let isAllowed = name.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard isAllowed, (1...20).contains(name.utf8.count) else {
      return "a tag's name is 1 to 20 small letters and digits"
    }
    return reserved.contains(name) ? "'\(name)' is an attribute, not a tag" : nil
  }

  private static let reserved: Set = [
    "specversion", "id", "source", "type", "subject", "time", "data", "datacontenttype",
    "dataschema", "offset", "epoch",
  ]
}

extension JSONWriter {
  /// Writes a member whose value is a string.
  mutating func text(_ name: String, _ text: String) {
    self.name(name)
    value(text)
  }

  /// Writes a member whose value is a whole number.
  mutating func number(_ name: String, _ number: Int) {
    self.name(name)
    value(number)
  }
}
