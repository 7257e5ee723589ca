// SPDX-License-Identifier: Apache-2.0
import Codecs

/// How a job stands, as it is told to the topic `progress` and to the person at the terminal.
struct ProgressReport: Equatable {
  /// Whether the job goes on.
  enum State: String {
    case running
    case done
    case failed
  }

  /// The topic of progress.
  static let topic = "progress"

  var job: String
  var label: String
  var state = State.running
  var percent: Double?
  var doneBytes: UInt64 = 0
  var totalBytes: UInt64?
  var lines = 0
  var accepted = 0
  var refused = 0
  var eventsPerSecond = 0.0
  var secondsLeft: Double?
  var isHeldBack = false

  /// The event; the last one of a job is tagged so that it is never left out.
  var draft: EventDraft {
    var draft = EventDraft(data: data, type: "progress", subject: job)
    if state != .running { draft.tags = [EventDraft.Tag(name: "terminal", value: "true")] }
    return draft
  }

  private var data: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("job", job)
    json.text("label", label)
    json.text("state", state.rawValue)
    json.optionalNumber("percent", percent.map { ($0 * 10).rounded() / 10 })
    json.name("done")
    json.value(doneBytes)
    json.optionalNumber("total", totalBytes.map { Double($0) })
    json.number("lines", lines)
    json.number("accepted", accepted)
    json.number("refused", refused)
    json.optionalNumber("perSecond", (eventsPerSecond * 10).rounded() / 10)
    json.optionalNumber("secondsLeft", state == .running ? secondsLeft?.rounded(.up) : 0)
    json.endObject()
    return json.bytes
  }

  /// `0:07`, `12:30` or `3:04:05`.
  static func clockTime(_ seconds: Double) -> String {
    let seconds = Int(min(seconds.rounded(.up), 359_999))
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60)
    let tail = "\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    if hours == 0 { return "\(minutes):\(tail)" }
    return "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(tail)"
  }
}

extension JSONWriter {
  fileprivate mutating func optionalNumber(_ name: String, _ number: Double?) {
    self.name(name)
    if let number { value(number) } else { null() }
  }
}

extension Int {
  /// The number with a comma between groups of three digits.
  var grouped: String {
    var text = ""
    for (index, digit) in String(magnitude).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (self < 0 ? "-" : "") + String(text.reversed())
  }
}
