// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Places that are found in one pass are those that views find one by one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSONPaths(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe FuzzInput(start, count)
  let paths = (0..<3).map { _ in path(&input) }
  guard let view = try? JSONView.parse(Array(input.rest)) else { return 0 }
  var wanted = JSONPaths()
  let nodes = paths.map { wanted.insert($0) }
  var places = JSONPlaces()
  let text = Array(input.rest)
  wanted.find(in: text.span, into: &places)
  for (path, node) in zip(paths, nodes) {
    let expected = path.reduce(Optional(view)) { view, step in view.flatMap { part(of: $0, step) } }
    expect((places[node] == nil) == (expected == nil), "both find it")
    guard let start = places[node], let expected else { continue }
    let token = JSONToken(validated: text.span, at: start)
    expect(token == expected.token, "both find the same")
    walk(text, token, expected)
  }
  return 0
}

private func path(_ input: inout FuzzInput) -> [JSONPaths.Step] {
  (0..<(input.choice() % 4)).map { _ in
    let choice = input.choice()
    return choice.isMultiple(of: 2)
      ? .element(choice / 2 % 3) : .member(["a", "b", "\u{e9}", ""][choice / 2 % 4])
  }
}

private func part(of view: JSONView, _ step: JSONPaths.Step) -> JSONView? {
  switch step {
  case .member(let name): return view[name]
  case .element(let index):
    let elements = view.elements
    return elements.indices.contains(index) ? elements[index] : nil
  }
}

private func walk(_ text: [UInt8], _ token: JSONToken, _ view: JSONView) {
  switch token {
  case .string(let range, let isEscaped):
    var decoded: [UInt8] = []
    JSONToken.unescape(text.span, in: range, to: &decoded)
    expect(decoded == Array((view.string ?? "").utf8), "both read the same string")
    expect(isEscaped == text[range].contains(UInt8(ascii: "\\")), "escapes are noticed")
  case .array(let start):
    expect(JSONToken.count(in: text.span, at: start) == view.elements.count, "both count the same")
  case .object(let start):
    var count = 0
    view.forEachMember { _, _ in count += 1 }
    expect(JSONToken.count(in: text.span, at: start) == count, "both count the same")
  case .double(let double):
    expect(view.double.map { $0 == double } ?? double.isInfinite, "the same")
  case .int(let int): expect(view.int.map { Int64($0) == int } ?? false, "the same")
  case .bool(let bool): expect(view.bool == bool, "the same")
  case .null: expect(view.isNull, "the same")
  }
}
