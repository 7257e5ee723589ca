// SPDX-License-Identifier: Apache-2.0

/// A word of a transcript, or several in quotes.
struct TranscriptToken: Hashable {
  var text: String
  var isQuoted = false

  /// The tokens of a line, up to a comment; `nil` when a quote is not closed.
  static func read(_ line: Substring) -> [TranscriptToken]? {
    var tokens: [TranscriptToken] = []
    var rest = line
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if first == "#" {
        break
      } else if first == "\"" {
        guard let token = readQuoted(&rest) else { return nil }
        tokens.append(token)
      } else {
        let word = rest.prefix { !$0.isWhitespace }
        rest = rest.dropFirst(word.count)
        tokens += repeated(word)
      }
    }
    return tokens
  }

  /// Reads what stands between quotes; `\"` and `\\` stand for the character itself.
  private static func readQuoted(_ rest: inout Substring) -> TranscriptToken? {
    rest.removeFirst()
    var text = ""
    while var character = rest.popFirst() {
      if character == "\"" { return TranscriptToken(text: text, isQuoted: true) }
      if character == "\\" {
        guard let next = rest.popFirst() else { return nil }
        character = next
      }
      text.append(character)
    }
    return nil
  }

  /// The word, as often as a `*3` at its end says.
  private static func repeated(_ word: Substring) -> [TranscriptToken] {
    guard let sign = word.lastIndex(of: "*"), sign > word.startIndex,
      let count = Int(word[word.index(after: sign)...]), (1...maximumCount).contains(count)
    else { return [TranscriptToken(text: String(word))] }
    return Array(repeating: TranscriptToken(text: String(word[..<sign])), count: count)
  }

  /// More than that is not written by hand.
  private static let maximumCount = 10_000
}
