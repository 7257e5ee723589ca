// SPDX-License-Identifier: Apache-2.0
import Transport

/// Tells on standard error how far something is that takes long, and whether to go on with it.
///
/// On a terminal it is one line that is drawn anew; else, for logs, a line every ten seconds.
final class StepProgress {
  /// How wide a terminal is that does not tell.
  private static let usualColumns = 80

  private let console: any Console
  private let clock: any CommandClock
  private var limit: RateLimit
  private var hasDrawn = false

  /// Begins; what is done within the first moments is not worth a line.
  init(_ console: any Console, _ clock: any CommandClock) {
    self.console = console
    self.clock = clock
    limit = RateLimit(every: console.isErrorTerminal ? .milliseconds(200) : .seconds(10))
    _ = limit.admits(clock.now)
  }

  /// Whether Ctrl-C was pressed.
  var isInterrupted: Bool { clock.isInterrupted }

  /// Tells how far it is, if it is time for that; answers whether to go on.
  func tell(_ text: @autoclosure () -> String) -> Bool {
    if limit.admits(clock.now) { draw(text()) }
    return !clock.isInterrupted
  }

  private func draw(_ text: String) {
    guard console.isErrorTerminal else { return console.printError("weir: \(text)") }
    hasDrawn = true
    let columns = (console.errorColumns ?? Self.usualColumns) - 1
    let line = text.withoutControlCharacters.prefix(columns: columns)
    console.writeError(Array("\r\(line)\u{1B}[K".utf8))
  }

  /// Clears the line, so that something else can stand there.
  func end() {
    if hasDrawn { console.writeError(Array("\r\u{1B}[K".utf8)) }
    hasDrawn = false
  }

  /// How much of a whole, as people write it.
  static func percent(_ done: Int64, of total: Int64) -> String {
    "\(total > 0 ? min(100, 100 * done / total) : 100) %"
  }
}

extension Int64 {
  /// So many bytes as people write it: `812 bytes`, `4.0 MiB`.
  var byteText: String {
    guard self >= 1 << 10 else { return "\(self) bytes" }
    var (value, unit) = (Double(self) / 1_024, 0)
    let units = ["KiB", "MiB", "GiB", "TiB"]
    while value >= 1_023.95, unit + 1 < units.count { (value, unit) = (value / 1_024, unit + 1) }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}

extension UInt64 {
  /// The number with a comma between groups of three digits.
  var grouped: String { Int(clamping: self).grouped }
  /// The number and what it counts.
  func counted(_ noun: String, plural: String? = nil) -> String {
    "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
  }
}
