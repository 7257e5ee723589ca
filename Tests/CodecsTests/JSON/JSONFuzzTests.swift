// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct JSONFuzzTests {
  /// Writes a random value, with random whitespace where the grammar allows it when `spaced`.
  static func write(_ random: inout SeededGenerator, _ depth: Int, into writer: inout JSONWriter) {
    switch Int.random(in: 0..<(depth < 5 ? 8 : 6), using: &random) {
    case 0: writer.null()
    case 1: writer.value(Bool.random(using: &random))
    case 2: writer.value(Int64.random(in: .min ... .max, using: &random))
    case 3: writer.value(Double(bitPattern: random.next()))
    case 4, 5: writer.value(random.string(upTo: 12))
    case 6:
      writer.beginArray()
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        write(&random, depth + 1, into: &writer)
      }
      writer.endArray()
    default:
      writer.beginObject()
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        writer.name(random.string(upTo: 5))
        write(&random, depth + 1, into: &writer)
      }
      writer.endObject()
    }
  }

  /// Reads everything there is and writes it again.
  static func copy(_ view: JSONView, into writer: inout JSONWriter) {
    switch view.kind {
    case .null: writer.null()
    case .bool: writer.value(view.bool ?? false)
    case .number:
      if let int = view.int { writer.value(int) } else { writer.value(view.double ?? .nan) }
    case .string: writer.value(view.string ?? "")
    case .array:
      writer.beginArray()
      view.forEachElement { copy($0, into: &writer) }
      writer.endArray()
    case .object:
      writer.beginObject()
      view.forEachMember { name, value in
        writer.name(name)
        copy(value, into: &writer)
        #expect(view[name] != nil)
      }
      writer.endObject()
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `random values survive writing, reading and writing`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var writer = JSONWriter()
    Self.write(&random, 0, into: &writer)
    let view = try JSONView.parse(writer.bytes)
    var copy = JSONWriter()
    Self.copy(view, into: &copy)
    #expect(copy.bytes == writer.bytes)
    #expect(view.compacted == writer.bytes)
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `mutated text is refused or readable to the last byte`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var original = JSONWriter()
    Self.write(&random, 0, into: &original)
    for _ in 0..<200 {
      guard let view = try? JSONView.parse(random.mutate(original.bytes)) else { continue }
      var copy = JSONWriter()
      Self.copy(view, into: &copy)
      let compacted = try JSONView.parse(view.compacted)
      var second = JSONWriter()
      Self.copy(compacted, into: &second)
      #expect(second.bytes == copy.bytes)
    }
  }
}
