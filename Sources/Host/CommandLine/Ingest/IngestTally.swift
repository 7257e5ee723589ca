// SPDX-License-Identifier: Apache-2.0
import Codecs

/// What became of the lines of an ingest, by count.
struct IngestTally: Equatable {
  /// A line that was not accepted.
  struct Refusal: Equatable {
    var line: Int
    var reason: String
  }

  /// How many refusals are kept with their reasons.
  static let maximumRefusals = 10

  /// Records read.
  private(set) var lines = 0
  /// Records stored as events.
  private(set) var accepted = 0
  /// Records that are broken or have no time.
  private(set) var refused = 0
  /// Those of the refused that have no time.
  private(set) var timeless = 0
  /// The first refusals.
  private(set) var refusals: [Refusal] = []
  /// The last line whose event is stored; 0 before the first.
  private(set) var storedLine = 0
  /// How often the server held a chunk back.
  var heldBackCount = 0

  /// Takes note of a record that makes an event.
  mutating func read() { lines += 1 }

  /// Takes note of a record that makes none.
  mutating func refuse(_ line: Int, _ reason: String, isTimeless: Bool = false) {
    lines += 1
    refused += 1
    if isTimeless { timeless += 1 }
    if refusals.count < Self.maximumRefusals {
      refusals.append(Refusal(line: line, reason: reason))
    }
  }

  /// Takes note of a chunk that the server has stored.
  mutating func store(_ chunk: EventChunk) {
    accepted += chunk.count
    storedLine = chunk.lastLine
  }
}

/// How an ingest ended.
struct IngestSummary {
  var topic: String
  var label: String
  var tally: IngestTally
  var duration: Duration
  var isInterrupted: Bool

  private var seconds: Double { max(duration / .seconds(1), 0.001) }
  private var eventsPerSecond: Double { Double(tally.accepted) / seconds }

  /// For programs.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("topic", topic)
    json.number("lines", tally.lines)
    json.number("accepted", tally.accepted)
    json.number("refused", tally.refused)
    json.name("refusals")
    json.beginArray()
    for refusal in tally.refusals {
      json.beginObject()
      json.number("line", refusal.line)
      json.text("reason", refusal.reason)
      json.endObject()
    }
    json.endArray()
    json.name("seconds")
    json.value((seconds * 1_000).rounded() / 1_000)
    json.name("eventsPerSecond")
    json.value(eventsPerSecond.rounded())
    json.endObject()
    return json.bytes
  }

  /// For people.
  var text: String {
    let rate = Int(eventsPerSecond.rounded()).grouped
    let time = (seconds * 10).rounded() / 10
    var text = isInterrupted ? "interrupted: " : ""
    text += "\(label.withoutControlCharacters) to \(topic): \(tally.lines.counted("line")), "
    text += "\(tally.accepted.grouped) accepted, \(tally.refused.grouped) refused "
    text += "in \(time) s (\(rate) events/s)"
    if tally.heldBackCount > 0 { text += ", held back \(tally.heldBackCount.counted("time"))" }
    if isInterrupted {
      let stored =
        tally.accepted == 0 ? "nothing is stored" : "all is stored up to line \(tally.storedLine)"
      text += "; \(stored), the end is not marked"
    }
    text += "\n"
    for refusal in tally.refusals { text += "  line \(refusal.line): \(refusal.reason)\n" }
    let rest = tally.refused - tally.refusals.count
    if rest > 0 { text += "  and \(rest.grouped) more\n" }
    return text
  }
}
