// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Text is refused, or can be read to its last byte, written, and read with the same outcome.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe FuzzInput(start, count)
  guard let view = try? JSONView.parse(Array(input.rest)) else { return 0 }
  let written = copy(of: view)
  guard let again = try? JSONView.parse(written),
    let compacted = try? JSONView.parse(view.compacted)
  else { preconditionFailure("what was written can be read") }
  expect(copy(of: again) == written, "what was read survives")
  expect(copy(of: compacted) == written, "whitespace means nothing")
  expect(compacted.compacted == view.compacted, "nothing is left to compact")
  return 0
}

private func copy(of view: JSONView) -> [UInt8] {
  var writer = JSONWriter()
  write(view, into: &writer)
  return writer.bytes
}

private func write(_ view: JSONView, into writer: inout JSONWriter) {
  switch view.kind {
  case .null: writer.null()
  case .bool: writer.value(view.bool ?? false)
  case .number:
    if let int = view.int { writer.value(int) } else { writer.value(view.double ?? .nan) }
  case .string: writer.value(view.string ?? "")
  case .array:
    writer.beginArray()
    view.forEachElement { write($0, into: &writer) }
    writer.endArray()
  case .object:
    writer.beginObject()
    view.forEachMember { name, value in
      writer.name(name)
      write(value, into: &writer)
      expect(view[name] != nil, "a member is found by its name")
    }
    writer.endObject()
  }
}
