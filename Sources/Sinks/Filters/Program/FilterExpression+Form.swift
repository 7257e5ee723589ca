// SPDX-License-Identifier: Apache-2.0
import Codecs

extension FilterExpression {
  /// A text that only the same filter has.
  var form: String {
    var form = ""
    write(to: &form)
    return form
  }

  /// Appends it, every operator before its operands in parentheses.
  func write(to form: inout String) {
    switch self {
    case .constant(let constant): constant.write(to: &form)
    case .field(let field): field.write(to: &form)
    case .time: form += "time"
    case .data(let path): path.write(to: &form)
    case .hasTag(let name): form.group("has") { FilterField.tag(name).write(to: &$0) }
    case .hasData(let path): form.group("has") { path.write(to: &$0) }
    case .not(let inner): form.group("!") { inner.write(to: &$0) }
    case .all(let parts): form.group("&&", parts) { $0.write(to: &$1) }
    case .any(let parts): form.group("||", parts) { $0.write(to: &$1) }
    case .comparison(let relation, let left, let right):
      form.group(relation.rawValue, [left, right]) { $0.write(to: &$1) }
    case .isOneOf(let value, let constants):
      form.group("in") { form in
        value.write(to: &form)
        form.group(" list", constants) { $0.write(to: &$1) }
      }
    case .isInData(let value, let path):
      form.group("in") { form in
        value.write(to: &form)
        form += " "
        path.write(to: &form)
      }
    case .isTagName(let value): form.group("tag") { value.write(to: &$0) }
    case .contains(let value, let needle):
      form.group("contains") { form in
        value.write(to: &form)
        form += " "
        form.quote(needle)
      }
    case .call(let function, let arguments):
      form.group(function.rawValue, arguments) { $0.write(to: &$1) }
    case .tag(let name, let test):
      form.group("tf") { form in
        FilterField.tag(name).write(to: &form)
        test.write(to: &form)
      }
    }
  }
}

extension FilterField {
  fileprivate func write(to form: inout String) {
    switch self {
    case .type: form += "type"
    case .subject: form += "subject"
    case .id: form += "id"
    case .source: form += "source"
    case .tag(let name):
      form += "tags."
      form.quote(name)
    }
  }
}

extension FilterTagTest {
  fileprivate func write(to form: inout String) {
    switch self {
    case .equal(let text): form.group("eq") { $0.quote(text) }
    case .anyOf(let texts): form.group("in", texts) { $1.quote($0) }
    case .exists: form += "ex"
    case .startsWith(let text): form.group("sw") { $0.quote(text) }
    case .endsWith(let text): form.group("ew") { $0.quote(text) }
    case .contains(let text): form.group("ct") { $0.quote(text) }
    case .number(let relation, let text): form.group(relation.rawValue) { $0.quote(text) }
    }
  }
}

extension [JSONPaths.Step] {
  fileprivate func write(to form: inout String) {
    form += "data"
    for step in self {
      switch step {
      case .member(let name):
        form += "."
        form.quote(name)
      case .element(let index): form += "[\(index)]"
      }
    }
  }
}

extension String {
  fileprivate mutating func group(_ name: String, _ body: (inout String) -> Void) {
    self += name
    self += "("
    body(&self)
    self += ")"
  }

  fileprivate mutating func group<Element>(
    _ name: String,
    _ elements: [Element],
    _ body: (Element, inout String) -> Void
  ) {
    group(name) { form in
      for (index, element) in elements.enumerated() {
        if index > 0 { form += "," }
        body(element, &form)
      }
    }
  }
}
