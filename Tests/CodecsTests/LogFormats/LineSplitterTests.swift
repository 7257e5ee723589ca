// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct LineSplitterTests {
  static func lines(_ pieces: [some Sequence<UInt8>], limit: Int = 64 << 10) -> [String] {
    var splitter = LineSplitter(maximumLineBytes: limit)
    var lines: [String] = []
    func drain() {
      while let event = splitter.nextEvent() {
        switch event {
        case .line(let bytes, let number):
          lines.append("\(number):\(String(decoding: bytes, as: UTF8.self))")
        case .oversized(let number): lines.append("\(number)!")
        }
      }
    }
    for piece in pieces {
      splitter.receive(piece)
      drain()
    }
    splitter.receiveEnd()
    drain()
    drain()
    return lines
  }

  @Test(arguments: [
    ("", []), ("a", ["1:a"]), ("a\n", ["1:a"]), ("a\nb", ["1:a", "2:b"]), ("\n", ["1:"]),
    ("a\r\nb\r\n", ["1:a", "2:b"]), ("\r\n\n", ["1:", "2:"]), ("a\rb\n", ["1:a\rb"]),
    ("a\r\r\n", ["1:a\r"]), ("a\r", ["1:a\r"]), ("é\n€", ["1:é", "2:€"]),
  ])
  func `lines are cut the same however the bytes are split`(text: String, expected: [String]) {
    for pieces in splits(of: Array(text.utf8)) { #expect(Self.lines(pieces) == expected) }
  }

  @Test(arguments: [
    ("abcd\nx\n", ["1:abcd", "2:x"]), ("abcd\r\nx", ["1:abcd", "2:x"]), ("abcd", ["1:abcd"]),
    ("abcde\nx\n", ["1!", "2:x"]), ("abcde\r\nx\n", ["1!", "2:x"]), ("abcde", ["1!"]),
    ("abcdefghijkl\nx\nabcdefghi", ["1!", "2:x", "3!"]),
    ("x\nabcdefghijk\n\ny", ["1:x", "2!", "3:", "4:y"]),
  ])
  func `a line may have n bytes and no more, and is said once to be too long`(
    text: String,
    expected: [String]
  ) {
    for pieces in splits(of: Array(text.utf8)) {
      #expect(Self.lines(pieces, limit: 4) == expected)
    }
  }

  @Test func `an endless line is not kept`() {
    var splitter = LineSplitter()
    for _ in 0..<1_000 {
      splitter.receive([UInt8](repeating: 0x61, count: 1_000))
      while splitter.nextEvent() != nil {}
      #expect(splitter.bufferedCount <= 64 << 10)
    }
    splitter.receive(Array("\nb\n".utf8))
    #expect(splitter.nextEvent() == .line([0x62], number: 2))
    #expect(splitter.lineNumber == 2)
  }
}
