// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The lines of an input, one after the other, with constant memory.
final class ImportSource {
  private let source: InputFile
  private var splitter = LineSplitter(maximumLineBytes: ExportLine.maximumBytes)
  private var readBytes: Int64 = 0
  private var isAtEnd = false

  init(_ source: InputFile) {
    self.source = source
  }

  /// What the input is called in messages.
  var name: String { source.name }
  /// The number of the last line that was given.
  var line: Int { splitter.lineNumber }

  /// The next line; `nil` after the last.
  ///
  /// - Throws: ``CommandFailure`` if it can't be read any further, or Ctrl-C was pressed.
  func next(_ progress: StepProgress) throws(CommandFailure) -> LineEvent? {
    while true {
      if let event = splitter.nextEvent() { return event }
      if isAtEnd { return nil }
      guard progress.tell(position) else { throw .failure("interrupted") }
      var bytes: [UInt8] = []
      switch try source.read(into: &bytes) {
      case .bytes(let count):
        readBytes += Int64(count)
        splitter.receive(bytes)
      case .nothing, .restarted: break
      case .end:
        splitter.receiveEnd()
        isAtEnd = true
      }
    }
  }

  private var position: String {
    let done = source.totalBytes.map { StepProgress.percent(readBytes, of: Int64(clamping: $0)) }
    return "imported \(line.grouped) lines\(done.map { ", \($0)" } ?? "")"
  }
}
