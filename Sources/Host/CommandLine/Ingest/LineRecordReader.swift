// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Reads a format with one record on each line; blank lines are passed over.
protocol LineRecordReader: RecordReader {
  /// Cuts the input into lines.
  var lines: LineSplitter { get set }

  /// What one line holds.
  func outcome(of line: ArraySlice<UInt8>) -> ReadRecord.Outcome
}

extension LineRecordReader {
  mutating func receive(_ bytes: [UInt8]) { lines.receive(bytes) }

  var bufferedCount: Int { lines.bufferedCount }

  mutating func receiveEnd() { lines.receiveEnd() }

  mutating func next() throws(CommandFailure) -> ReadRecord? {
    while let event = lines.nextEvent() {
      switch event {
      case .oversized(let number): return .oversized(number)
      case .line(let line, let number):
        if line.isBlank { continue }
        return ReadRecord(line: number, outcome: outcome(of: line))
      }
    }
    return nil
  }
}
