// SPDX-License-Identifier: Apache-2.0
import Codecs

extension FilterExpression {
  /// The same filter in the form that all its spellings share, as far as they are recognised.
  ///
  /// The parts of `&&` and `||` are sorted, as CEL lets an implementation evaluate them in any order;
  /// what reads the data comes last, so that a tag may spare it. Literals stand on the right, a list of
  /// one is an equality, and alternatives for one value are a list.
  var canonical: FilterExpression {
    switch self {
    case .constant, .field, .time, .data, .hasTag, .hasData: self
    case .not(let inner): .not(inner.canonical)
    case .all(let parts): Self.joined(parts, isAll: true)
    case .any(let parts): Self.joined(parts, isAll: false)
    case .comparison(let relation, let left, let right):
      Self.comparison(relation, left.canonical, right.canonical).literalOnTheRight
    case .isOneOf(let value, let constants): Self.oneOf(value.canonical, constants)
    case .isInData(let value, let path): .isInData(value.canonical, path)
    case .isTagName(let value): .isTagName(value.canonical)
    case .contains(let value, let needle): .contains(value.canonical, needle)
    case .call(let function, let arguments): .call(function, arguments.map(\.canonical))
    case .tag(let name, .anyOf(let texts)): .tag(name, Self.anyOf(texts))
    case .tag: self
    }
  }

  private var literalOnTheRight: FilterExpression {
    guard case .comparison(let relation, .constant(let literal), let right) = self else {
      return self
    }
    if case .constant = right { return self }
    return .comparison(relation.mirrored, right, .constant(literal))
  }

  private static func oneOf(
    _ value: FilterExpression,
    _ constants: [FilterConstant]
  ) -> FilterExpression {
    let unique = sorted(constants, by: { $0.write(to: &$1) })
    if unique.count == 1 { return .comparison(.equal, value, .constant(unique[0])) }
    return .isOneOf(value, unique)
  }

  private static func anyOf(_ texts: [String]) -> FilterTagTest {
    let unique = sorted(texts, by: { $1.quote($0) })
    return unique.count == 1 ? .equal(unique[0]) : .anyOf(unique)
  }

  private static func joined(_ parts: [FilterExpression], isAll: Bool) -> FilterExpression {
    var flat: [FilterExpression] = []
    for part in parts.map(\.canonical) {
      switch part {
      case .all(let inner) where isAll: flat += inner
      case .any(let inner) where !isAll: flat += inner
      default: flat.append(part)
      }
    }
    if !isAll { flat = alternatives(in: flat) }
    let unique = sorted(flat, by: { $0.write(to: &$1) })
    if unique.count == 1, unique[0].isBoolean { return unique[0] }
    let ordered = unique.filter { !$0.readsData } + unique.filter(\.readsData)
    return isAll ? .all(ordered) : .any(ordered)
  }

  /// Joins what compares one value with literals: `a == 1 || a == 2` is `a in [1, 2]`.
  private static func alternatives(in parts: [FilterExpression]) -> [FilterExpression] {
    var values: [String: (value: FilterExpression, constants: [FilterConstant])] = [:]
    var tags: [String: [String]] = [:]
    var rest: [FilterExpression] = []
    for part in parts {
      switch part {
      case .comparison(.equal, let value, .constant(let constant)):
        values[value.form, default: (value, [])].constants.append(constant)
      case .isOneOf(let value, let constants) where !constants.isEmpty:
        values[value.form, default: (value, [])].constants += constants
      case .tag(let name, .equal(let text)): tags[name, default: []].append(text)
      case .tag(let name, .anyOf(let texts)): tags[name, default: []] += texts
      default: rest.append(part)
      }
    }
    rest += values.values.map { oneOf($0.value, $0.constants) }
    return rest + tags.map { .tag($0.key, anyOf($0.value)) }
  }

  /// Sorts by form and drops what occurs twice.
  private static func sorted<Element>(
    _ elements: [Element],
    by write: (Element, inout String) -> Void
  ) -> [Element] {
    var formed = elements.map { element in
      var form = ""
      write(element, &form)
      return (form: form, element: element)
    }
    formed.sort { String.bytesPrecede($0.form, $1.form) }
    var unique: [(form: String, element: Element)] = []
    for pair in formed {
      if let last = unique.last, last.form.utf8.elementsEqual(pair.form.utf8) { continue }
      unique.append(pair)
    }
    return unique.map(\.element)
  }
}
