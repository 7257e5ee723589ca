// SPDX-License-Identifier: Apache-2.0
import Streams

/// What makes a filter fit for an index: a field that must be one of some texts.
struct FilterEquality: Sendable {
  let field: FilterIndexField
  /// Without duplicates.
  let texts: [String]
  /// Whether that is all the filter says.
  private(set) var isAll = true

  /// The equality in a filter in its canonical form that lets the fewest texts through; `nil` when it
  /// demands none.
  init?(of expression: FilterExpression) {
    switch expression {
    case .comparison(.equal, .field(let field), .constant(.text(let text))):
      self.init(field, [text])
    case .isOneOf(.field(let field), let constants):
      let texts = constants.compactMap(\.text)
      // Null among them is what an event without a text has.
      guard !texts.isEmpty, texts.count == constants.count else { return nil }
      self.init(field, texts)
    case .tag(let name, .equal(let text)): self.init(.tag(name), [text])
    case .tag(let name, .anyOf(let texts)): self.init(.tag(name), texts)
    case .all(let parts):
      let equalities = parts.compactMap { FilterEquality(of: $0) }
      guard let best = equalities.min(by: { $0.texts.count < $1.texts.count }) else { return nil }
      self = best
      isAll = false
    default: return nil
    }
  }

  /// `nil` for the time as a tag, whose text would have to be written to be looked up.
  private init?(_ field: FilterField, _ texts: [String]) {
    self.field = FilterIndexField(field)
    self.texts = texts
    if self.field == .shared(.time) { return nil }
  }
}

/// A field by which filters are looked up.
enum FilterIndexField: Hashable, Sendable {
  case attribute(FilterField)
  /// A tag that an attribute of the event shows as.
  case shared(FilterTag)
  case tag(String)

  init(_ field: FilterField) {
    guard case .tag(let name) = field else {
      self = .attribute(field)
      return
    }
    let tag = FilterTag(name)
    self = tag == .other ? .tag(name) : .shared(tag)
  }

  /// Its text in an event.
  func text(of event: Event) -> String? {
    switch self {
    case .attribute(let field): field.text(of: event)
    case .shared(let tag): tag.attribute(of: event) ?? event.tags[tag.name]
    case .tag(let name): event.tags[name]
    }
  }
}
