// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams

/// Writes an export part by part, so that its memory does not depend on the topic's size.
final class ExportRun {
  private var export: TopicExport
  private let file: NewFile?
  private let console: any Console
  private let progress: StepProgress
  private let directory: String
  /// The offset of the last entry that was written; `nil` before the header.
  private var last: Offset?

  /// Prepares a run; nothing is read yet.
  ///
  /// - Parameters:
  ///   - export: What to write.
  ///   - file: Where; `nil` for standard output.
  ///   - console: The terminal.
  ///   - progress: Tells how far it is.
  ///   - directory: The directory, for messages.
  init(
    _ export: TopicExport,
    to file: NewFile?,
    console: any Console,
    progress: StepProgress,
    directory: String
  ) {
    self.export = export
    self.file = file
    self.console = console
    self.progress = progress
    self.directory = directory
  }

  private var topic: StoredTopic { export.topic }

  /// Writes everything.
  ///
  /// - Throws: ``CommandFailure``; a file was not made then, what went to standard output says in its
  ///   header how far it should go.
  func run() throws(CommandFailure) {
    defer { progress.end() }
    do throws(CommandFailure) {
      while let part = try next() {
        guard try write(part) else { return }
        let through = (topic.nextOffset - 1).grouped
        let goesOn = progress.tell("exported through \((last ?? 0).grouped) of \(through)")
        guard goesOn else { throw .failure("interrupted", remedy: interruptionRemedy) }
      }
      if last == nil { _ = try output(header(from: export.start)) }
      try file?.finish()
    } catch {
      file?.discard()
      throw error
    }
  }

  private var interruptionRemedy: String {
    file == nil
      ? "go on with --after \(last ?? 0)" : "no file was made; give the command again"
  }

  private func next() throws(CommandFailure) -> TopicExport.Part? {
    do {
      return try export.next()
    } catch {
      guard case .damaged(_, let from, let through) = error.reason else {
        throw CommandFailure(error, directory: directory)
      }
      let before = from > 1 ? "what stands before with --through \(from - 1), " : ""
      throw .failure(
        "topic '\(topic.name)': \(Damage.words(from, through))",
        remedy: "export \(before)what follows with --after \(through); "
          + "'weir doctor' tells all that is damaged"
      )
    }
  }

  /// Writes the header, if it is not written yet, and records; answers whether anybody reads on.
  private func write(_ part: TopicExport.Part) throws(CommandFailure) -> Bool {
    var json = JSONWriter()
    if last == nil {
      json = header(from: part.gap.map { $0.to + 1 } ?? export.start)
    } else if let gap = part.gap {
      throw .failure(
        "retention deleted entries \(gap.from) to \(gap.to) of '\(topic.name)' meanwhile",
        remedy: "begin behind them with --after \(gap.to)"
      )
    }
    for record in part.records {
      switch record {
      case .entry(let entry): try write(entry, &json)
      case .mark(let mark): ExportLine.write(mark, to: &json)
      }
    }
    return try output(json)
  }

  private func header(from first: Offset) -> JSONWriter {
    var json = JSONWriter()
    ExportLine.writeHeader(topic, from: first, to: &json)
    last = first - 1
    return json
  }

  private func write(_ entry: StoredEntry, _ json: inout JSONWriter) throws(CommandFailure) {
    do {
      let event = try EventPayload.decode(entry.payload)
      ExportLine.write(event, offset: entry.offset, appended: entry.appended, to: &json)
      last = entry.offset
    } catch {
      throw .failure(
        "entry \(entry.offset) of '\(topic.name)' can't be exported: \(error)",
        remedy: "export what follows with --after \(entry.offset)"
      )
    }
  }

  private func output(_ json: JSONWriter) throws(CommandFailure) -> Bool {
    guard let file else { return console.write(json.bytes) }
    try file.write(json.bytes)
    return true
  }
}
