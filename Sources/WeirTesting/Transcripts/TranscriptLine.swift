// SPDX-License-Identifier: Apache-2.0
import Streams

/// What a line of a transcript says is done, or holds.
enum TranscriptAction: Hashable {
  /// How a flow has come to its end, or that it has not.
  enum Ending: Hashable {
    case none
    case end
    case error(String)
  }

  case input([String])
  case watermark(Timestamp)
  case endOfInput
  case clockTo(Timestamp)
  case clockBy(Duration)
  case demand(Int)
  case end
  case fail(String)
  case cancel
  case expect([String], Ending)
  case expectWatermark(Timestamp)
  case count(stage: String, counter: String, UInt64)
}

/// A line of a transcript.
struct TranscriptLine: Hashable {
  let number: Int
  let text: String
  let action: TranscriptAction

  /// Reads all lines but those that say nothing.
  static func read(_ text: String) throws(TranscriptFailure) -> [TranscriptLine] {
    var lines: [TranscriptLine] = []
    let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in parts.enumerated() {
      var reader = TranscriptLineReader(number: index + 1, line)
      if let line = try reader.read() { lines.append(line) }
    }
    return lines
  }
}

/// Reads one line.
struct TranscriptLineReader {
  private let number: Int
  private let line: Substring

  init(number: Int, _ line: Substring) {
    self.number = number
    self.line = line
  }

  private var text: String {
    let start = line.drop(while: \.isWhitespace)
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }

  mutating func read() throws(TranscriptFailure) -> TranscriptLine? {
    guard let tokens = TranscriptToken.read(line) else { throw fault("a closing quote", "none") }
    guard let verb = tokens.first else { return nil }
    let action = try action(verb.text, Array(tokens.dropFirst()))
    return TranscriptLine(number: number, text: text, action: action)
  }

  private func action(
    _ verb: String,
    _ words: [TranscriptToken]
  ) throws(TranscriptFailure) -> TranscriptAction {
    switch verb {
    case "input": return .input(words.map(\.text))
    case "watermark": return .watermark(try instant(words))
    case "clock": return try clock(words)
    case "demand": return .demand(try demand(words))
    case "expect": return try expectation(words)
    case "count": return try count(words)
    case "fail": return .fail(try one(words, "the text of the error"))
    case "end-of-input", "end", "cancel":
      guard words.isEmpty else { throw fault("nothing behind \(verb)", words[0].text) }
      return verb == "end" ? .end : verb == "cancel" ? .cancel : .endOfInput
    default: throw fault(Self.verbs, verb)
    }
  }

  private static let verbs =
    "input, watermark, end-of-input, clock, demand, end, fail, cancel, expect or count"

  private func instant(_ words: [TranscriptToken]) throws(TranscriptFailure) -> Timestamp {
    let wanted = "an instant in milliseconds"
    let word = try one(words, wanted)
    guard let number = Int64(word) else { throw fault(wanted, word) }
    return Timestamp(milliseconds: number)
  }

  private func clock(_ words: [TranscriptToken]) throws(TranscriptFailure) -> TranscriptAction {
    let wanted = "an instant, or + and a time, in milliseconds"
    let word = try one(words, wanted)
    guard let number = Int64(word), number >= 0 else { throw fault(wanted, word) }
    return word.hasPrefix("+")
      ? .clockBy(.milliseconds(number)) : .clockTo(Timestamp(milliseconds: number))
  }

  private func demand(_ words: [TranscriptToken]) throws(TranscriptFailure) -> Int {
    let wanted = "a number of elements, or all"
    let word = try one(words, wanted)
    if word == "all" { return .max }
    guard let number = Int(word) else { throw fault(wanted, word) }
    return number
  }

  private func expectation(
    _ words: [TranscriptToken]
  ) throws(TranscriptFailure) -> TranscriptAction {
    if words.first == TranscriptToken(text: "watermark") {
      return .expectWatermark(try instant(Array(words.dropFirst())))
    }
    if words == [TranscriptToken(text: "nothing")] { return .expect([], .none) }
    guard let last = words.last else { throw fault("what is expected, or nothing", "no word") }
    if last == TranscriptToken(text: "end") { return .expect(words.dropLast().map(\.text), .end) }
    guard let index = words.firstIndex(of: TranscriptToken(text: "error")) else {
      return .expect(words.map(\.text), .none)
    }
    let text = words[(index + 1)...].map(\.text).joined(separator: " ")
    return .expect(words[..<index].map(\.text), .error(text))
  }

  private func count(_ words: [TranscriptToken]) throws(TranscriptFailure) -> TranscriptAction {
    let wanted = "stage.counter and a number"
    let names = words.first?.text.split(separator: ".", maxSplits: 1) ?? []
    guard words.count == 2, names.count == 2, let number = UInt64(words[1].text) else {
      throw fault(wanted, words.map(\.text).joined(separator: " "))
    }
    return .count(stage: String(names[0]), counter: String(names[1]), number)
  }

  private func one(
    _ words: [TranscriptToken],
    _ wanted: String
  ) throws(TranscriptFailure) -> String {
    guard words.count == 1 else { throw fault(wanted, "\(words.count) words") }
    return words[0].text
  }

  private func fault(_ expected: String, _ found: String) -> TranscriptFailure {
    TranscriptFailure(line: number, text: text, expected: expected, found: found)
  }
}
