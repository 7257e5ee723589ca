// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage

/// What an import did.
struct ImportSummary {
  var topic: String
  var epoch: String
  var tally: TopicImport.Tally
  /// Whether entries have the offsets of the export.
  var keepsOffsets: Bool

  /// For people.
  var text: String {
    "imported \(words) into '\(topic)', whose epoch is \(epoch)\n"
  }

  /// What was stored and what was there.
  var words: String {
    var text = tally.stored.counted("event")
    if tally.stored > 0 {
      let offsets = keepsOffsets ? "their offsets" : "new offsets"
      text += " with \(offsets) \(tally.firstOffset) to \(tally.lastOffset)"
    }
    if tally.marks > 0 { text += " and \(tally.marks.counted("mark"))" }
    if tally.skipped > 0 { text += ", passed over \(tally.skipped.grouped) that were there," }
    return text
  }

  /// For programs.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("topic", topic)
    json.text("epoch", epoch)
    for (name, number) in [
      ("imported", tally.stored), ("firstOffset", tally.firstOffset),
      ("lastOffset", tally.lastOffset), ("skipped", tally.skipped), ("marks", tally.marks),
    ] {
      json.name(name)
      json.value(number)
    }
    json.name("keptOffsets")
    json.value(keepsOffsets)
    json.endObject()
    return json.bytes
  }
}
