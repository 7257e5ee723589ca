// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct JSONViewTests {
  static func parse(_ text: String) throws -> JSONView { try JSONView.parse(Array(text.utf8)) }

  @Test func `the image of RFC 8259 section 13 reads back`() throws {
    let view = try Self.parse(
      """
      {
        "Image": {
            "Width":  800,
            "Height": 600,
            "Title":  "View from 15th Floor",
            "Thumbnail": {
                "Url":    "http://www.example.com/image/481989943",
                "Height": 125,
                "Width":  100
            },
            "Animated" : false,
            "IDs": [116, 943, 234, 38793]
          }
      }
      """
    )
    let image = try #require(view["Image"])
    #expect(image["Width"]?.int == 800)
    #expect(image["Title"]?.string == "View from 15th Floor")
    #expect(image["Thumbnail"]?["Height"]?.int == 125)
    #expect(image["Animated"]?.bool == false)
    #expect(image["IDs"]?.elements.map(\.int) == [116, 943, 234, 38793])
    #expect(image["ids"] == nil)
  }

  @Test func `kinds are told apart`() throws {
    let view = try Self.parse(#" [{}, [], "", -1, true, null] "#)
    #expect(view.kind == .array)
    #expect(view.elements.map(\.kind) == [.object, .array, .string, .number, .bool, .null])
    #expect(view.elements.map(\.isNull) == [false, false, false, false, false, true])
  }

  @Test func `the first of two members with one name wins`() throws {
    #expect(try Self.parse(#"{"a":1,"a":2}"#)["a"]?.int == 1)
  }

  @Test func `an escaped name is found by what it stands for`() throws {
    let view = try Self.parse(#"{"xy":0,"\u0061\/b":1,"":2,"é":3,"\ud83d\ude00":4}"#)
    #expect(view["a/b"]?.int == 1)
    #expect(view[""]?.int == 2)
    #expect(view["é"]?.int == 3)
    #expect(view["😀"]?.int == 4)
    #expect(view["x"] == nil)
  }

  @Test func `members of anything but an object are absent`() throws {
    #expect(try Self.parse(#"["a",1]"#)["a"] == nil)
    #expect(try Self.parse("1")["a"] == nil)
    #expect(try Self.parse(#"{"a":1}"#).elements.isEmpty)
  }

  @Test func `members come in order with duplicates and unescaped names`() throws {
    var seen: [String] = []
    try Self.parse(#" { "a" : 1 , "b\n" : [ 2 , { "c" : "}]" } ] , "a" : { } } "#)
      .forEachMember { name, value in
        seen.append(name + "=" + String(decoding: value.compacted, as: UTF8.self))
      }
    #expect(seen == ["a=1", #"b\#n=[2,{"c":"}]"}]"#, "a={}"])
  }

  @Test func `an error thrown by a body comes out typed`() throws {
    struct Stop: Error, Equatable { let at: Int? }
    let view = try Self.parse("[1,2,3]")
    var count = 0
    #expect(throws: Stop(at: 2)) {
      try view.forEachElement { element throws(Stop) in
        count += 1
        if element.int == 2 { throw Stop(at: element.int) }
      }
    }
    #expect(count == 2)
  }

  @Test(arguments: [
    (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#""\u0000\u00e9\u20AC\uD83D\uDE00z""#, "\u{0}é€😀z"), (#""é€😀\n""#, "é€😀\n"),
  ])
  func `strings are unescaped`(text: String, expected: String) throws {
    #expect(try Self.parse(text).string == expected)
  }

  @Test func `compacting strips whitespace outside of strings and copies nothing without need`()
    throws
  {
    let view = try Self.parse("  { \"a b\" :\r\n\t[ 1 , \" \\\" \" ] }  ")
    #expect(view.compacted == Array(#"{"a b":[1," \" "]}"#.utf8))
    #expect(view.text == Array("{ \"a b\" :\r\n\t[ 1 , \" \\\" \" ] }".utf8))
    let compact = try Self.parse(#"{"a b":[1]}"#)
    let isShared = compact.compacted.span.isIdentical(to: compact.text.span)
    #expect(isShared)
  }

  @Test func `a view of a part shares the bytes and counts from the part's beginning`() throws {
    let bytes = Array(#"xx {"a":1} yy"#.utf8)
    let view = try JSONView.parse(bytes, in: 2..<11)
    #expect(view.text == Array(#"{"a":1}"#.utf8))
    #expect(view.bytes.startIndex == 3)
    #expect(throws: JSONViolation.self) { try JSONView.parse(bytes, in: 2..<13) }
    #expect(try JSONView.parse(bytes[3..<10])["a"]?.int == 1)
    #expect(JSONView(validated: bytes, range: 8..<9).int == 1)
  }
}
