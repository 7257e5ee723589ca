// SPDX-License-Identifier: Apache-2.0

/// Turns a file's bytes into event drafts, one per record, with constant memory.
protocol RecordReader {
  /// Takes the next bytes.
  mutating func receive(_ bytes: [UInt8])
  /// How many bytes wait for the rest of their record, as far as that is known.
  var bufferedCount: Int { get }
  /// Takes note that no more will come, which ends a last line without a line end.
  mutating func receiveEnd()
  /// The next record, or `nil` when more bytes are needed.
  ///
  /// - Throws: ``CommandFailure`` when no record of the file can ever be read.
  mutating func next() throws(CommandFailure) -> ReadRecord?
}

/// What became of one record.
struct ReadRecord: Equatable {
  /// What it is good for.
  enum Outcome: Equatable {
    /// It is an event.
    case event(EventDraft)
    /// It is broken, and why.
    case refused(String)
    /// It has no time in the field that should have one, and why.
    case timeless(String)
  }

  /// The line where it stands, from 1.
  var line: Int
  /// What it is good for.
  var outcome: Outcome
}

extension RecordFormat {
  /// A reader for one file of this format.
  func makeReader() -> any RecordReader {
    switch kind {
    case .combined: CombinedReader(keyField: keyField)
    case .ndjson: NDJSONReader(self)
    case .csv: CSVEventReader(self)
    }
  }
}
