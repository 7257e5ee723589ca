// SPDX-License-Identifier: Apache-2.0

extension Event: StateCodable {
  /// Writes the data and the attributes as they were published.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(bytes: data)
    try (format == .json).encode(into: &encoder)
    for attribute in [givenType, subject, id, source] { try attribute.encode(into: &encoder) }
    try time.encode(into: &encoder)
    encoder.write(UInt64(tags.count))
    for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
      encoder.write(bytes: name.utf8)
      encoder.write(bytes: value.utf8)
    }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let data = [UInt8](try decoder.readBytes())
    let isJSON = try Bool(from: &decoder)
    let type = try String?(from: &decoder)
    let subject = try String?(from: &decoder)
    let id = try String?(from: &decoder)
    let source = try String?(from: &decoder)
    let time = try Timestamp?(from: &decoder)
    var tags: [String: String] = [:]
    for _ in 0..<(try decoder.readCount()) {
      let name = try String(from: &decoder)
      tags[name] = try String(from: &decoder)
    }
    self.init(
      data: data,
      format: isJSON ? .json : .text,
      type: type,
      subject: subject,
      time: time,
      id: id,
      source: source,
      tags: tags
    )
  }
}
