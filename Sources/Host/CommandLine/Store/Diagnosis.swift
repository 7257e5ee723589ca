// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams

/// What `weir doctor` says about a directory.
struct Diagnosis {
  let directory: String
  let report: DirectoryReport

  private var found: VerificationReport { report.verification }

  /// For people: where it stands, a table of topics, what is wrong and what helps.
  var text: String {
    var lines = [head]
    if !report.topics.isEmpty { lines += ["", table] }
    if !problems.isEmpty { lines += [""] + problems }
    lines += ["", verdict]
    if let omission { lines.append(omission) }
    if !remedies.isEmpty { lines += ["", "What helps:"] + remedies.map { "  \($0)" } }
    // Names of a damaged database may hold anything.
    let whole = lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    return whole.map { String($0).withoutControlCharacters + "\n" }.joined()
  }

  private var head: String {
    let sizes =
      "\(report.databaseBytes.byteText), \(report.logBytes.byteText) in its write-ahead log"
    let state: String
    if let holder = report.holder {
      state = "in use by \(holder)"
    } else if report.wasClosed {
      state = "closed by the last process that used it"
    } else {
      state = "not closed by the last process that used it; nothing committed is lost by that"
    }
    return "\(report.path): schema \(report.schema), \(sizes); \(state)"
  }

  private var table: String {
    let names = ["TOPIC", "SYNC", "FIRST", "NEXT", "ENTRIES", "BYTES", "DAMAGED", "EPOCH"]
    let rows = report.topics.map { topic in
      [
        topic.name, topic.rules.synchronous.word, "\(topic.firstOffset)", "\(topic.nextOffset)",
        "\(topic.count)", "\(topic.bytes)", "\(damagedCount(of: topic))", "\(topic.epoch)",
      ]
    }
    return String(TextTable.text([names] + rows).dropLast())
  }

  private func damagedCount(of topic: StoredTopic) -> UInt64 {
    report.damage(of: topic.name).reduce(0) { $0 + ($1.through - $1.from + 1) }
  }

  private var problems: [String] {
    let failure = report.failure.map { [$0.problem] } ?? []
    let entries = found.damage.map { "topic '\($0.topic)': \($0.words)" }
    let states = found.damagedPipelines.map { "pipeline '\($0)': its state is damaged" }
    let tables = found.damagedTables.map { "topic '\($0.topic)': \($0.words)" }
    return failure + entries + tables + states + found.structure.map { "structure: \($0)" }
  }

  private var verdict: String {
    let looked =
      "looked at \(found.entries.counted("entry", plural: "entries")) of "
      + "\(found.topics.counted("topic"))"
    if report.isSound { return "\(looked): everything is as it was stored" }
    if found.isCancelled { return "\(looked), then interrupted: the rest was not looked at" }
    return "\(looked): \(problems.count.counted("problem"))"
  }

  private var omission: String? {
    guard let holder = report.holder else { return nil }
    return "not looked at: the structure of the database, since \(holder) uses it. "
      + "'weir restore' of a 'weir backup' checks it, or the doctor when that process has ended"
  }

  /// What can be done about what was found.
  private var remedies: [String] {
    var lines: [String] = []
    if let damage = found.damage.first {
      let (from, through) = (damage.from, damage.through)
      lines += [
        "Damaged entries are never served: a reader is told their range and goes on behind it.",
        "What they held is only in a backup, if there is one from after they were published:",
        "  weir restore FILE OTHER && weir export OTHER \(damage.topic) --after \(from - 1) "
          + "--through \(through)",
        "To keep the rest of the topic apart, export it up to the damage and from behind it:",
      ]
      if from > 1 {
        lines.append("  weir export \(directory) \(damage.topic) --through \(from - 1)")
      }
      lines.append("  weir export \(directory) \(damage.topic) --after \(through)")
    }
    if !found.damagedTables.isEmpty {
      lines += [
        "A table that is damaged is not opened, unless its program says to use what is there.",
        "A backup has all of it as it was then.",
      ]
    }
    if !found.damagedPipelines.isEmpty {
      lines.append(
        "A pipeline with damaged state starts anew when its definition or its name is changed."
      )
    }
    if report.failure != nil || !found.structure.isEmpty {
      lines.append(
        "Restore a backup into another directory; 'weir export' still reads what is whole."
      )
    }
    return lines
  }
}

extension Diagnosis {
  /// For programs.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("path", report.path)
    json.name("sound")
    json.value(report.isSound)
    json.name("complete")
    json.value(report.holder == nil && !found.isCancelled && report.failure == nil)
    if let holder = report.holder { json.text("holder", holder) }
    json.number("schema", report.schema)
    json.name("closed")
    json.value(report.wasClosed)
    json.number("databaseBytes", Int(report.databaseBytes))
    json.number("logBytes", Int(report.logBytes))
    json.name("entries")
    json.value(found.entries)
    json.name("topics")
    json.beginArray()
    for topic in report.topics { write(topic, &json) }
    json.endArray()
    json.list("damagedTables", found.damagedTables.map(\.topic))
    json.list("damagedPipelines", found.damagedPipelines)
    json.list("structure", found.structure)
    if let failure = report.failure { json.text("failure", failure.problem) }
    json.endObject()
    return json.bytes
  }

  private func write(_ topic: StoredTopic, _ json: inout JSONWriter) {
    json.beginObject()
    json.text("topic", topic.name)
    json.text("epoch", "\(topic.epoch)")
    json.text("synchronous", topic.rules.synchronous.word)
    for (name, number) in [
      ("firstOffset", topic.firstOffset), ("nextOffset", topic.nextOffset), ("count", topic.count),
    ] {
      json.name(name)
      json.value(number)
    }
    json.number("bytes", Int(topic.bytes))
    json.name("damage")
    json.beginArray()
    for damage in report.damage(of: topic.name) {
      json.beginObject()
      json.name("from")
      json.value(damage.from)
      json.name("through")
      json.value(damage.through)
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }
}

extension JSONWriter {
  fileprivate mutating func list(_ name: String, _ texts: [String]) {
    self.name(name)
    beginArray()
    for text in texts { value(text) }
    endArray()
  }
}

extension Damage {
  /// What is wrong, in words.
  var words: String { Self.words(from, through) }

  static func words(_ from: Offset, _ through: Offset) -> String {
    from == through
      ? "entry \(from) is damaged or gone" : "entries \(from) to \(through) are damaged or gone"
  }
}

extension Synchronous {
  /// The word of the configuration.
  var word: String {
    switch self {
    case .normal: "normal"
    case .full: "full"
    }
  }
}
