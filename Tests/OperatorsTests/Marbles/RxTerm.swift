// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A term of the vectors: JSON, in which an object with `$` names something.
enum RxTerm: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([RxTerm])
  case fields([String: RxTerm])

  subscript(name: String) -> RxTerm? {
    if case .fields(let fields) = self { fields[name] } else { nil }
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
  var list: [RxTerm]? { if case .list(let list) = self { list } else { nil } }
  var fields: [String: RxTerm]? { if case .fields(let fields) = self { fields } else { nil } }
  /// What it names: `ref`, `call`, `pipe`, `fn`, `obj` and so on.
  var kind: String? { self["$"]?.text }
  /// The term, or nothing where it says that there is none.
  var value: RxTerm? { self == .null || kind == "undefined" ? nil : self }

  /// Whether it counts as true where JavaScript wants to know.
  var isTruthy: Bool {
    switch self {
    case .null: false
    case .bool(let value): value
    case .number(let value): value != 0
    case .text(let value): !value.isEmpty
    case .list: true
    case .fields: kind != "undefined"
    }
  }
}

extension RxTerm: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([String: RxTerm].self) {
      self = .fields(value)
    } else if let value = try? container.decode([RxTerm].self) {
      self = .list(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else {
      self = .number(try container.decode(Double.self))
    }
  }
}

/// One test of the vectors.
struct RxTest: Decodable, Sendable, CustomTestStringConvertible {
  struct Source: Decodable, Sendable {
    let kind: String
    let marble: String
    let values: RxTerm?
    let error: RxTerm?

    /// What happens, in milliseconds from the subscription on or before it.
    var timeline: RxTimeline { RxTimeline(marble, values: values?["v"]) }
  }

  struct Expectation: Decodable, Sendable {
    let observable: RxTerm
    let unsub: String?
    let expected: String
    let values: RxTerm?
  }

  let name: String
  let ops: [String]
  let sources: [Source]
  let expects: [Expectation]

  var testDescription: String { name }

  /// All tests, in the order of the file.
  static let all: [RxTest] = {
    struct File: Decodable {
      let tests: [RxTest]
    }
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Vectors/marbles.json")
    do {
      return try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).tests
    } catch {
      preconditionFailure("the vectors can't be read: \(error)")
    }
  }()
}
