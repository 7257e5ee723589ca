// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What `If-Match` or `If-None-Match` names (RFC 9110 §13.1).
enum EntityTags: Equatable, Sendable {
  /// `*`: whatever there is.
  case any
  /// These representations.
  case listed([EntityTag])

  /// Reads a field; `nil` where there is none.
  init?(_ name: String, of head: HTTPRequestHead) throws(Problem) {
    let values = head.fields.values(of: name)
    guard !values.isEmpty else { return nil }
    let text = values.joined(separator: ",")
    if text.allSatisfy({ $0 == "*" || $0 == " " || $0 == "\t" }), text.contains("*") {
      self = .any
      return
    }
    guard let tags = EntityTag.list(text), !tags.isEmpty else {
      throw Problem(
        400,
        "Bad \(name)",
        "'\(text)' is neither * nor a list of entity tags",
        remedy: "send the ETag of an answer unchanged, with its quotes, or *",
        field: name
      )
    }
    self = .listed(tags)
  }

  /// Whether one of them is the representation of this tag, byte for byte; `nil` for none.
  func matchesStrongly(_ tag: EntityTag?) -> Bool {
    guard let tag else { return false }
    return switch self {
    case .any: true
    case .listed(let tags): !tag.isWeak && tags.contains(tag)
    }
  }

  /// Whether one of them stands for the same.
  func matchesWeakly(_ tag: EntityTag?) -> Bool {
    guard let tag else { return false }
    return switch self {
    case .any: true
    case .listed(let tags): tags.contains { $0.text == tag.text }
    }
  }
}

/// Names a representation (RFC 9110 §8.8.3).
struct EntityTag: Hashable, Sendable {
  /// What stands between the quotes.
  let text: String
  var isWeak = false

  /// The tag of a row, by when it was set.
  static func row(_ epoch: Epoch, _ offset: Offset) -> EntityTag {
    EntityTag(text: "\(epoch)-\(offset)")
  }

  /// As it stands in a field.
  var field: String { (isWeak ? "W/" : "") + "\"\(text)\"" }

  /// Reads a list of tags; `nil` if it is none.
  static func list(_ text: String) -> [EntityTag]? {
    var tags: [EntityTag] = []
    var rest = text.utf8[...]
    while true {
      rest = rest.drop { [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ",")].contains($0) }
      if rest.isEmpty { return tags }
      let isWeak = rest.starts(with: "W/".utf8)
      if isWeak { rest = rest.dropFirst(2) }
      guard rest.first == UInt8(ascii: "\"") else { return nil }
      rest = rest.dropFirst()
      guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
      tags.append(EntityTag(text: String(decoding: rest[..<end], as: UTF8.self), isWeak: isWeak))
      rest = rest[end...].dropFirst()
      if let next = rest.first,
        ![UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ",")].contains(next)
      {
        return nil
      }
    }
  }
}
