// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Why a server refused, as its answer tells (RFC 9457).
struct ProblemDocument: Equatable {
  /// The status code.
  var status: Int
  /// What is wrong.
  var what: String
  /// Where, such as `field 'type', line 3`; empty when it does not say.
  var place: String
  /// What helps; empty when it does not say.
  var remedy: String

  /// Reads an answer; one without a document is told by its status alone.
  init(_ response: ServerResponse) {
    status = response.head.status
    let document = response.json
    let title = document?["title"]?.string
    let fallback = HTTPResponseHead.reason(of: status)
    what =
      document?["detail"]?.string ?? title
      ?? "the server answered \(status) \(fallback)".trimmingBlanks
    var places: [String] = []
    if let field = document?["field"]?.string { places.append("field '\(field)'") }
    if let line = document?["line"]?.int { places.append("line \(line)") }
    place = places.joined(separator: ", ")
    remedy = document?["remedy"]?.string ?? Self.remedy(for: status)
  }

  /// The failure of a command that was refused.
  var failure: CommandFailure {
    .failure(
      place.isEmpty ? what : "\(what) (\(place))",
      remedy: what.says(remedy) ? "" : remedy
    )
  }

  private static func remedy(for status: Int) -> String {
    switch status {
    case 401, 403: "ask for access to this server"
    case 404: "check the name, and that --server is a weir server"
    case 429, 503: "try again later"
    default: ""
    }
  }
}

extension String {
  /// Whether all words of a remedy stand in the text one after the other.
  fileprivate func says(_ remedy: String) -> Bool {
    let (words, wanted) = (words, remedy.words)
    guard !wanted.isEmpty, words.count >= wanted.count else { return false }
    return (0...words.count - wanted.count).contains { start in
      words[start...].starts(with: wanted)
    }
  }

  /// The words, without case and punctuation.
  private var words: [String] {
    lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  /// The text without blanks at its end.
  fileprivate var trimmingBlanks: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
