// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// A message from a client, in one of the forms of the protocol.
///
/// A field that is missing, `null` or has its default is `nil`; unknown fields are ignored.
protocol WireView: Sendable {
  /// The value of a text; throws when the field is something else.
  func text(_ field: WireField) throws(ProtocolError) -> String?
  /// A whole number that is not negative.
  func number(_ field: WireField) throws(ProtocolError) -> UInt64?
  /// A whole number that may be negative.
  func integer(_ field: WireField) throws(ProtocolError) -> Int64?
  /// True or false; false where it is missing.
  func truth(_ field: WireField) throws(ProtocolError) -> Bool
  /// What is passed on: an event's data.
  func payload(_ field: WireField) throws(ProtocolError) -> WirePayload?
  /// What the server itself reads: a JSON value.
  func json(_ field: WireField) throws(ProtocolError) -> JSONView?
  /// A message inside this one.
  func message(_ field: WireField) throws(ProtocolError) -> Self?
  /// Texts in their order; none where the field is missing.
  func texts(_ field: WireField) throws(ProtocolError) -> [String]
  /// Messages in their order; none where the field is missing.
  func messages(_ field: WireField) throws(ProtocolError) -> [Self]
  /// Messages by name; none where the field is missing.
  func map(_ field: WireField) throws(ProtocolError) -> [(name: String, value: Self)]
}

/// Data as a client sends it.
struct WirePayload: Sendable {
  let bytes: [UInt8]
  let format: Event.DataFormat

  /// Takes bytes of which nobody says what they are: JSON if they are, else text.
  init(raw bytes: [UInt8], _ field: WireField) throws(ProtocolError) {
    if let view = try? JSONView.parse(bytes) {
      (self.bytes, format) = (view.compacted, .json)
    } else if String(validating: bytes, as: UTF8.self) != nil {
      (self.bytes, format) = (bytes, .text)
    } else {
      throw .badRequest("'\(field.name)' is neither JSON nor UTF-8 text; encode it as one of them")
    }
  }

  init(json: [UInt8]) { (bytes, format) = (json, .json) }
}

extension JSONView: WireView {
  private func present(_ field: WireField) -> JSONView? {
    self[field.name].flatMap { $0.isNull ? nil : $0 }
  }

  func text(_ field: WireField) throws(ProtocolError) -> String? {
    guard let value = present(field) else { return nil }
    guard let text = value.string else { throw .wrong(field, "a string") }
    return text
  }

  func number(_ field: WireField) throws(ProtocolError) -> UInt64? {
    guard let value = present(field) else { return nil }
    guard let number = value.uint64 else { throw .wrong(field, "a whole number") }
    return number
  }

  func integer(_ field: WireField) throws(ProtocolError) -> Int64? {
    guard let value = present(field) else { return nil }
    guard let number = value.int else { throw .wrong(field, "a whole number") }
    return Int64(number)
  }

  func truth(_ field: WireField) throws(ProtocolError) -> Bool {
    guard let value = present(field) else { return false }
    guard let truth = value.bool else { throw .wrong(field, "true or false") }
    return truth
  }

  func payload(_ field: WireField) throws(ProtocolError) -> WirePayload? {
    // An event may well be null.
    self[field.name].map { WirePayload(json: $0.compacted) }
  }

  func json(_ field: WireField) throws(ProtocolError) -> JSONView? { present(field) }

  func message(_ field: WireField) throws(ProtocolError) -> JSONView? {
    guard let value = present(field) else { return nil }
    guard value.kind == .object else { throw .wrong(field, "an object") }
    return value
  }

  func texts(_ field: WireField) throws(ProtocolError) -> [String] {
    guard let value = present(field) else { return [] }
    let texts = value.elements.compactMap(\.string)
    guard value.kind == .array, texts.count == value.elements.count else {
      throw .wrong(field, "a list of strings")
    }
    return texts
  }

  func messages(_ field: WireField) throws(ProtocolError) -> [JSONView] {
    guard let value = present(field) else { return [] }
    guard value.kind == .array, value.elements.allSatisfy({ $0.kind == .object }) else {
      throw .wrong(field, "a list of objects")
    }
    return value.elements
  }

  func map(_ field: WireField) throws(ProtocolError) -> [(name: String, value: JSONView)] {
    guard let value = try message(field) else { return [] }
    var members: [(name: String, value: JSONView)] = []
    value.forEachMember { members.append(($0, $1)) }
    guard members.allSatisfy({ $0.value.kind == .object }) else {
      throw .wrong(field, "an object of objects")
    }
    return members
  }
}

extension ProtobufMessage: WireView {
  func text(_ field: WireField) throws(ProtocolError) -> String? {
    guard let bytes = data(field.number), !bytes.isEmpty else { return nil }
    guard let text = text(field.number) else { throw .wrong(field, "UTF-8") }
    return text
  }

  func number(_ field: WireField) throws(ProtocolError) -> UInt64? {
    guard let number = number(field.number), number != 0 else { return nil }
    guard Int64(bitPattern: number) >= 0 else { throw .wrong(field, "a number from 0 on") }
    return number
  }

  func integer(_ field: WireField) throws(ProtocolError) -> Int64? {
    number(field.number).map { Int64(bitPattern: $0) }
  }

  func truth(_ field: WireField) throws(ProtocolError) -> Bool { number(field.number) ?? 0 != 0 }

  func payload(_ field: WireField) throws(ProtocolError) -> WirePayload? {
    guard let bytes = data(field.number), !bytes.isEmpty else { return nil }
    return try WirePayload(raw: Array(bytes), field)
  }

  func json(_ field: WireField) throws(ProtocolError) -> JSONView? {
    guard let bytes = data(field.number), !bytes.isEmpty else { return nil }
    do {
      let view = try JSONView.parse(Array(bytes))
      return view.isNull ? nil : view
    } catch {
      throw .badRequest("'\(field.name)' is not JSON: \(error)")
    }
  }

  func message(_ field: WireField) throws(ProtocolError) -> ProtobufMessage? {
    do throws(ProtobufViolation) { return try message(field.number) } catch {
      throw .badRequest("'\(field.name)': \(error)")
    }
  }

  func texts(_ field: WireField) throws(ProtocolError) -> [String] {
    let texts = texts(field.number)
    let valid = texts.compactMap(\.self)
    guard valid.count == texts.count else { throw .wrong(field, "UTF-8") }
    return valid
  }

  func messages(_ field: WireField) throws(ProtocolError) -> [ProtobufMessage] {
    do throws(ProtobufViolation) { return try messages(field.number) } catch {
      throw .badRequest("'\(field.name)': \(error)")
    }
  }

  func map(_ field: WireField) throws(ProtocolError) -> [(name: String, value: ProtobufMessage)] {
    var members: [(name: String, value: ProtobufMessage)] = []
    for entry in try messages(field) {
      // An entry is a message of a key and a value (proto3, "Maps").
      guard let value = try entry.message(WireField(field.name, 2)) else { continue }
      members.append((try entry.text(WireField(field.name, 1)) ?? "", value))
    }
    return members
  }
}

extension ProtocolError {
  fileprivate static func wrong(_ field: WireField, _ expected: String) -> ProtocolError {
    .badRequest("'\(field.name)' is not \(expected)")
  }
}
