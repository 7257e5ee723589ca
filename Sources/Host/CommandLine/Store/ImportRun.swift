// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams

/// Reads lines and brings them into a topic; stops at the first that is wrong.
final class ImportRun {
  private let lines: ImportSource
  let topic: String
  let directory: String
  /// Whether entries get new offsets, whatever they had.
  private let appends: Bool
  private let progress: StepProgress
  private var log: EventLog?
  private var importer: TopicImport?
  private(set) var header: ExportHeader?
  private(set) var lastOffset: Offset?
  private var isLineTaken = false
  /// What the lines are; `nil` before the first.
  private var kind: Kind?
  /// The lines of entries and marks that wait for their transaction.
  private var unstoredLines: [Int] = []
  private var storedCount: UInt64 = 0

  private enum Kind {
    /// Entries and marks of an export.
    case records
    /// Events without a place.
    case events
  }

  /// Prepares a run; nothing is read or made yet.
  ///
  /// - Parameters:
  ///   - source: The lines.
  ///   - topic: The topic.
  ///   - directory: The data directory.
  ///   - appends: Whether entries get new offsets, whatever they had.
  ///   - progress: Tells how far it is.
  init(
    _ source: InputFile,
    into topic: String,
    of directory: String,
    appending appends: Bool,
    progress: StepProgress
  ) {
    lines = ImportSource(source)
    self.topic = topic
    self.directory = directory
    self.appends = appends
    self.progress = progress
  }

  /// What the lines come from is called.
  var name: String { lines.name }
  /// The number of the last line that was read.
  var line: Int { lines.line }
  /// Whether entries get the offsets of the export.
  var keepsOffsets: Bool { kind != .events && !appends }

  /// Imports everything.
  ///
  /// - Returns: What was done.
  /// - Throws: ``CommandFailure``, which says what was imported before.
  func run() throws(CommandFailure) -> ImportSummary {
    defer {
      progress.end()
      log?.close()
    }
    do throws(CommandFailure) {
      try readAll()
      guard kind != nil else {
        throw .misuse("\(name) has no lines", remedy: "give it what 'weir export' wrote")
      }
      let importer = try opened()
      try store(importer)
      try checkEnd()
      return summary(importer)
    } catch {
      // What was taken before the mistake is in order, so it is kept.
      guard let importer else { throw error }
      // If the store refuses that too, the summary says how far it came.
      try? store(importer)
      forgetStored(importer.tally)
      throw told(error, summary(importer))
    }
  }

  private func readAll() throws(CommandFailure) {
    while let text = try lines.next(progress) {
      isLineTaken = false
      switch text {
      case .oversized:
        throw failure(
          ImportLine.Fault(
            what: "it has more than \(ExportLine.maximumBytes) bytes",
            remedy: "leave it out"
          )
        )
      case .line(let bytes, _):
        if !bytes.isBlank { try take(bytes) }
      }
      isLineTaken = true
    }
  }

  private func take(_ bytes: ArraySlice<UInt8>) throws(CommandFailure) {
    let read: ImportLine
    do { read = try ImportLine(bytes) } catch { throw failure(error) }
    if case .header(let found) = read { return try takeHeader(found) }
    try noteKind(of: read)
    let importer = try opened()
    do {
      switch read {
      case .header: break
      case .entry(let event, let offset, let appended):
        let payload = EventPayload.encode(event)
        try importer.add(payload, offset: offset, appended: appended)
        lastOffset = offset
      case .mark(let mark, let after, let appended):
        try importer.add(mark, after: after, appended: appended)
      case .event(let event):
        let now = SystemClock().now
        try importer.add(EventPayload.encode(event), offset: 0, appended: now)
      }
    } catch {
      throw refused(error)
    }
    unstoredLines.append(line)
    forgetStored(importer.tally)
  }

  /// Forgets the lines of what is stored, of which there are as many as there were entries and marks.
  private func forgetStored(_ tally: TopicImport.Tally) {
    let stored = tally.stored + tally.marks
    unstoredLines.removeFirst(min(unstoredLines.count, Int(stored - storedCount)))
    storedCount = stored
  }

  /// The line to go on with where offsets do not tell.
  var firstUnstoredLine: Int { unstoredLines.first ?? (isLineTaken ? line + 1 : line) }

  private func takeHeader(_ found: ExportHeader) throws(CommandFailure) {
    guard kind == nil else {
      throw failure(
        ImportLine.Fault(
          what: "another export begins here",
          remedy: "import each export by itself"
        )
      )
    }
    (header, kind) = (found, .records)
  }

  /// All lines are of the first one's kind.
  private func noteKind(of read: ImportLine) throws(CommandFailure) {
    var found = Kind.records
    if case .event = read { found = .events }
    guard kind == nil || kind == found else {
      let isBare = found == .events
      throw failure(
        ImportLine.Fault(
          field: isBare ? "appended" : "offset",
          what: isBare ? "it is missing" : "the lines before have none",
          remedy: "import an export, or events without offsets, but not both at once"
        )
      )
    }
    kind = found
  }

  /// The import, begun with the first line that is to be stored.
  ///
  /// Events without offsets are never added unasked to others: they may be there already.
  private func opened() throws(CommandFailure) -> TopicImport {
    if let importer { return importer }
    let made: TopicImport
    do {
      let log = try EventLog(directory: directory)
      self.log = log
      made = try TopicImport(log, topic: topic, offsets: keepsOffsets ? .own : .new)
    } catch {
      throw CommandFailure(error, directory: directory)
    }
    guard kind != .events || appends || !made.wasUsed else {
      throw .misuse(
        "'\(topic)' holds events already, and these lines have no offsets to tell which are there",
        remedy: "write --append to add all of them, or import an export"
      )
    }
    importer = made
    return made
  }

  private func store(_ importer: TopicImport) throws(CommandFailure) {
    do {
      try importer.finish()
    } catch {
      throw CommandFailure(error, directory: directory)
    }
  }
}
