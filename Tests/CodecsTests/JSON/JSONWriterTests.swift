// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct JSONWriterTests {
  static func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test func `commas and colons set themselves`() {
    let text = Self.written { writer in
      writer.beginObject()
      writer.name("a")
      writer.value(1)
      writer.name("b")
      writer.beginArray()
      writer.value("x")
      writer.null()
      writer.beginObject()
      writer.endObject()
      writer.beginArray()
      writer.endArray()
      writer.value(true)
      writer.endArray()
      writer.name("c")
      writer.raw(Array("[1, 2]".utf8))
      writer.name("d")
      writer.raw(Array("x7x".utf8)[1..<2])
      writer.endObject()
    }
    #expect(text == #"{"a":1,"b":["x",null,{},[],true],"c":[1, 2],"d":7}"#)
  }

  @Test func `lines stand next to each other without commas`() {
    let text = Self.written { writer in
      writer.value(1)
      writer.endLine()
      writer.beginArray()
      writer.endArray()
      writer.endLine()
    }
    #expect(text == "1\n[]\n")
  }

  @Test func `a writer goes on after the bytes it was given`() {
    var writer = JSONWriter(appendingTo: Array("id: ".utf8))
    writer.reserve(100)
    writer.value(false)
    #expect(writer.bytes == Array("id: false".utf8))
  }

  @Test func `control characters, quotes and backslashes are escaped and nothing else`() {
    let quoted = JSONWriter.quoted("a\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é\u{2028}😀")
    #expect(
      String(decoding: quoted, as: UTF8.self)
        == #""a\"\\/\u0008\u000C\n\r\t\u0000\u001F"# + "\u{7F}é\u{2028}😀\""
    )
    #expect(JSONWriter.quoted("plain") == Array(#""plain""#.utf8))
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "-0.0"), (5.0, "5"), (-3.0, "-3"), (0.1, "0.1"), (1e21, "1e+21"),
    (9_007_199_254_740_992.0, "9007199254740992"), (.leastNonzeroMagnitude, "5e-324"),
    (.infinity, "null"),
    (-.infinity, "null"), (.nan, "null"), (1.7976931348623157e308, "1.7976931348623157e+308"),
  ])
  func `doubles are written short and read back the same`(number: Double, expected: String) throws {
    let text = Self.written { $0.value(number) }
    #expect(text == expected)
    guard number.isFinite else { return }
    #expect(try JSONViewTests.parse(text).double?.bitPattern == number.bitPattern)
  }

  @Test func `integers of every width are written whole`() {
    let text = Self.written { writer in
      writer.beginArray()
      writer.value(Int.min)
      writer.value(Int64.max)
      writer.value(UInt64.max)
      writer.value(0)
      writer.value(-10)
      writer.endArray()
    }
    #expect(text == "[-9223372036854775808,9223372036854775807,18446744073709551615,0,-10]")
  }

  @Test func `random strings survive writing and reading`() throws {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      let string = random.string(upTo: 40)
      let view = try JSONView.parse(JSONWriter.quoted(string))
      #expect(view.string.map { Array($0.utf8) } == Array(string.utf8))
    }
  }
}
