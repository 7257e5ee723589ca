// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct CSVReaderTests {
  /// Records as "line:field|field", violations as their description.
  static func read(
    _ pieces: [some Sequence<UInt8>],
    header: [String]? = nil,
    separator: UInt8 = 0x2C,
    limits: CSVLimits = .init()
  ) -> [String] {
    var reader = CSVReader(header: header, separator: separator, limits: limits)
    var events: [String] = []
    func drain() {
      while let event = reader.nextEvent() {
        switch event {
        case .record(let record):
          events.append("\(record.line):" + record.fields.joined(separator: "|"))
        case .violation(let violation): events.append("\(violation)")
        }
      }
    }
    for piece in pieces {
      reader.receive(piece)
      drain()
    }
    reader.receiveEnd()
    drain()
    drain()
    return events
  }

  /// The examples of RFC 4180 §2, then corner cases.
  @Test(arguments: [
    ("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", ["1:aaa|bbb|ccc", "2:zzz|yyy|xxx"]),
    ("aaa,bbb,ccc\r\nzzz,yyy,xxx", ["1:aaa|bbb|ccc", "2:zzz|yyy|xxx"]),
    ("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx", ["1:aaa|b\r\nbb|ccc", "3:zzz|yyy|xxx"]),
    ("\"aaa\",\"b\"\"bb\",\"ccc\"", ["1:aaa|b\"bb|ccc"]),
    ("a,b\nc,d\n", ["1:a|b", "2:c|d"]), ("a,,\n,\n", ["1:a||", "2:|"]), ("\n\r\na\n\n", ["3:a"]),
    ("\"\"\n", ["1:"]), ("\"\"", ["1:"]), ("\"a,\n\"\"\"", ["1:a,\n\""]),
    (" a , b ", ["1: a | b "]),
    ("\u{FEFF}a,b", ["1:a|b"]), ("\u{FEFF}\"a\",b", ["1:a|b"]), ("a\u{FEFF}", ["1:a\u{FEFF}"]),
    (",\u{FEFF}b", ["1:|\u{FEFF}b"]),
    ("\n\u{FEFF}b", ["2:\u{FEFF}b"]), ("\"\u{FEFF}\",b", ["1:\u{FEFF}|b"]),
    ("é,€\n", ["1:é|€"]), ("", []),
  ])
  func `records decode the same however they are split`(text: String, expected: [String]) {
    for pieces in splits(of: Array(text.utf8)) { #expect(Self.read(pieces) == expected) }
  }

  @Test(arguments: [
    ("a\"b,c\nd\n", ["a quote in a field that is not in quotes at line 1", "2:d"]),
    ("x\n\"a\"b\nd\n", ["1:x", "text after a closing quote at line 2", "3:d"]),
    ("x\na\rb\nd", ["1:x", "a CR without LF at line 2", "3:d"]),
    ("x\n\"a\nb", ["1:x", "a quote that is never closed at line 2"]),
    ("a\r", ["a CR without LF at line 1"]),
    ("\"a\n\"x\"\nd", ["text after a closing quote at line 2", "3:d"]),
  ])
  func `a broken record is reported with its line and the next one is read`(
    text: String,
    expected: [String]
  ) {
    for pieces in splits(of: Array(text.utf8)) { #expect(Self.read(pieces) == expected) }
  }

  @Test func `invalid UTF-8 is reported`() {
    for pieces in splits(of: Array("a\nb,".utf8) + [0xFF] + Array(",c\nd".utf8)) {
      #expect(Self.read(pieces) == ["1:a", "invalid UTF-8 at line 2", "3:d"])
    }
  }

  @Test func `a header names the fields and fixes their number`() {
    var reader = CSVReader()
    reader.receive(Array("id,name\n1,Ann\n2\n3,Bob,x\n4,Cy\n".utf8))
    guard case .record(let first) = reader.nextEvent() else {
      Issue.record("no header")
      return
    }
    #expect(first["id"] == nil)
    reader.header = first.fields
    guard case .record(let record) = reader.nextEvent() else {
      Issue.record("no record")
      return
    }
    #expect(record["name"] == "Ann")
    #expect(record["none"] == nil)
    for line in [3, 4] {
      let violation = CSVViolation.Reason.wrongFieldCount
      guard case .violation(let found) = reader.nextEvent() else {
        Issue.record("no violation")
        return
      }
      #expect(found.reason == violation)
      #expect(found.line == line)
    }
    #expect(Self.read([Array("1;2".utf8)], header: ["a", "b"], separator: 0x3B) == ["1:1|2"])
  }

  @Test func `a record may have n bytes and n fields and no more`() {
    var limits = CSVLimits()
    limits.maximumRecordBytes = 4
    limits.maximumFieldCount = 3
    let tooLong = "a record that is too long at line 1"
    let tooMany = "a record with too many fields at line 1"
    for (text, expected) in [
      ("ab,cd\nx", ["1:ab|cd", "2:x"]), ("ab,cde\nx", [tooLong, "2:x"]),
      ("\"abcd\"\nx", ["1:abcd", "2:x"]), ("\"abcde\"\nx", [tooLong, "2:x"]),
      ("\"abcd\nx\ny", [tooLong, "2:x", "3:y"]), ("\"abcdx\ny", [tooLong, "2:y"]),
      (",,\nx", ["1:||", "2:x"]), (",,,\nx", [tooMany, "2:x"]), (",,,,\nx", [tooMany, "2:x"]),
    ] {
      for pieces in splits(of: Array(text.utf8)) {
        #expect(Self.read(pieces, limits: limits) == expected)
      }
    }
  }

  @Test func `random records survive, and mutated ones decode the same whole and in pieces`() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      var text = ""
      var expected: [[String]] = []
      for _ in 0..<4 {
        let fields = (0..<3).map { _ in random.string(upTo: 6) }
        expected.append(fields)
        text += fields.map(Self.quoted).joined(separator: ",") + "\n"
      }
      let bytes = Array(text.utf8)
      var reader = CSVReader(header: ["a", "b", "c"])
      reader.receive(bytes)
      for fields in expected {
        guard case .record(let record) = reader.nextEvent() else {
          Issue.record("no record")
          return
        }
        #expect(record.fields.map { Array($0.utf8) } == fields.map { Array($0.utf8) })
      }
      let mutated = random.mutate(bytes)
      #expect(Self.read([mutated]) == Self.read(random.pieces(of: mutated, upTo: 7)))
    }
  }

  /// Quotes byte by byte, since a quote may be part of a larger character.
  static func quoted(_ field: String) -> String {
    let quote = UInt8(ascii: "\"")
    let bytes = field.utf8.flatMap { $0 == quote ? [$0, $0] : [$0] }
    return String(decoding: [quote] + bytes + [quote], as: UTF8.self)
  }
}
