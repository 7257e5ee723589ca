// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// A place in an event that a stage reads, spelled as in a filter: `data.a.b`, `tags.a`, `type`.
enum ChainField: Hashable, Sendable {
  case text(FilterField)
  /// The event's time, or the instant at which it was appended.
  case time
  case data([JSONPaths.Step])

  /// Reads a place.
  ///
  /// - Returns: `nil` where the text is an expression of another kind.
  static func read(_ text: String, limits: FilterLimits) throws(FilterViolation) -> ChainField? {
    switch try ExpressionParser.parseValue(text, limits: limits) {
    case .field(let field): .text(field)
    case .time: .time
    case .data(let path): .data(path)
    default: nil
    }
  }

  /// Writes it so that unlike places are written unlike, as a list of steps.
  func write(to writer: inout JSONWriter) {
    writer.beginArray()
    switch self {
    case .text(.type): writer.value("type")
    case .text(.subject): writer.value("subject")
    case .text(.id): writer.value("id")
    case .text(.source): writer.value("source")
    case .text(.tag(let name)):
      writer.value("tags")
      writer.value(name)
    case .time: writer.value("time")
    case .data(let path):
      writer.value("data")
      for step in path {
        switch step {
        case .member(let name): writer.value(name)
        case .element(let index): writer.value(index)
        }
      }
    }
    writer.endArray()
  }
}

extension FilterField {
  /// The text as a publication shows it: of a tag, the attribute of that name first.
  func shown(of event: Event) -> String? {
    guard case .tag(let name) = self else { return text(of: event) }
    let tag = FilterTag(name)
    if tag == .time, let time = event.time {
      return RFC3339.format(milliseconds: time.milliseconds)
    }
    return tag.attribute(of: event) ?? event.tags[name]
  }
}
