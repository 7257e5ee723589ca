// SPDX-License-Identifier: Apache-2.0

/// What happens in a stream, millisecond by millisecond.
struct RxTimeline: Equatable, Sendable {
  enum Ending: Equatable, Sendable {
    case complete
    case failure
  }

  struct Element: Equatable, Sendable {
    var at: Int
    let value: RxTerm
  }

  var elements: [Element] = []
  /// How it ends, if it does.
  var ending: Ending?
  var end = 0

  init() {}

  /// Reads a marble string of RxJS: each character is a millisecond, also those of a group, whose
  /// elements all come when it opens; `^` is the millisecond 0.
  init(_ marble: String, values: RxTerm?) {
    let characters = marble.filter { $0 != " " }
    var now = -(characters.firstIndex(of: "^").map { characters[..<$0].count } ?? 0)
    var group: Int?
    for character in characters {
      switch character {
      case "-", "^": break
      case "(": group = now
      case ")": group = nil
      case "|": (ending, end) = (.complete, group ?? now)
      case "#": (ending, end) = (.failure, group ?? now)
      default:
        let name = String(character)
        elements.append(Element(at: group ?? now, value: values?[name] ?? .text(name)))
      }
      now += 1
    }
    if ending == nil { end = now }
  }

  /// What happens before a millisecond.
  func before(_ instant: Int) -> RxTimeline {
    var part = self
    part.elements.removeAll { $0.at >= instant }
    if end >= instant { part.ending = nil }
    return part
  }

  static func == (left: RxTimeline, right: RxTimeline) -> Bool {
    left.elements == right.elements && left.ending == right.ending
      && (left.ending == nil || left.end == right.end)
  }
}

extension RxTimeline: CustomStringConvertible {
  var description: String {
    let last = ending.map { ["\(end): \($0)"] } ?? []
    return (elements.map { "\($0.at): \($0.value.short)" } + last).joined(separator: ", ")
  }
}

extension RxTerm {
  fileprivate var short: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    case .list(let values): "[\(values.map(\.short).joined(separator: " "))]"
    case .fields(let values): "{\(values.keys.sorted().joined(separator: " "))}"
    }
  }
}
