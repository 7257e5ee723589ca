// SPDX-License-Identifier: Apache-2.0

/// How much of a report its line shows.
///
/// What is least missed is cut first; percentage and time left always stay.
struct ProgressLayout {
  /// What can be cut, in this order.
  enum Cut: CaseIterable {
    case longLabel
    case bar
    case rate
    case lines
    case hold
    case label
  }

  /// A bar of fewer cells says nothing.
  private static let shortestBar = 5
  /// How much of a label is left as long as something else can be cut.
  private static let readableLabel = 24

  private(set) var labelColumns: Int
  private(set) var barCells = 20
  private(set) var showsRate = true
  private(set) var showsLines = true
  private(set) var showsHold = true

  /// Shows everything.
  init(labelColumns: Int) { self.labelColumns = labelColumns }

  /// Cuts one part, as far as so many columns ask for.
  ///
  /// - Parameters:
  ///   - cut: The part.
  ///   - excess: How many columns the line takes too many.
  ///   - shownLabelColumns: What the label takes now; a wide character may leave a column unused.
  mutating func apply(_ cut: Cut, excess: Int, shownLabelColumns: Int) {
    switch cut {
    case .longLabel:
      labelColumns = min(labelColumns, max(Self.readableLabel, labelColumns - excess))
    case .bar: barCells = barCells - excess < Self.shortestBar ? 0 : barCells - excess
    case .rate: showsRate = false
    case .lines: showsLines = false
    case .hold: showsHold = false
    case .label: labelColumns = max(0, shownLabelColumns - excess)
    }
  }
}

extension ProgressReport {
  /// One line for a terminal, without its end.
  ///
  /// - Parameter columns: How many columns it may take. Default no limit.
  /// - Returns: The line, at most so wide.
  func line(columns: Int = .max) -> String {
    let label = label.withoutControlCharacters
    var layout = ProgressLayout(labelColumns: label.columnCount)
    var text = line(label, layout)
    for cut in ProgressLayout.Cut.allCases where text.columnCount > columns {
      let shownLabel = label.shortenedInTheMiddle(columns: layout.labelColumns)
      layout.apply(
        cut,
        excess: text.columnCount - columns,
        shownLabelColumns: shownLabel.columnCount
      )
      text = line(label, layout)
    }
    return text.prefix(columns: columns)
  }

  private func line(_ label: String, _ layout: ProgressLayout) -> String {
    var parts = [label.shortenedInTheMiddle(columns: layout.labelColumns)]
    if let percent { parts.append(Self.bar(percent, cells: layout.barCells)) }
    if layout.showsLines { parts.append(lines.counted("line")) }
    if layout.showsRate { parts.append("\(Int(eventsPerSecond.rounded()).grouped)/s") }
    if state == .running, let secondsLeft { parts.append("\(Self.clockTime(secondsLeft)) left") }
    if isHeldBack, layout.showsHold { parts.append("held back by the server") }
    return parts.filter { !$0.isEmpty }.joined(separator: "  ")
  }

  private static func bar(_ percent: Double, cells: Int) -> String {
    let number = "\(Int(percent))"
    guard cells > 0 else { return "\(number) %" }
    let filled = Int(percent / 100 * Double(cells))
    let bar =
      String(repeating: "#", count: filled) + String(repeating: "·", count: cells - filled)
    return "[\(bar)] \(String(repeating: " ", count: 3 - number.count))\(number) %"
  }
}

extension String {
  /// How many columns of a terminal the text takes at most.
  ///
  /// From Hangul on, where the first wide scalar is (Unicode TR 11), all count as wide: a guess that
  /// is too large only leaves a blank.
  var columnCount: Int {
    unicodeScalars.reduce(0) { $0 + ($1.value < 0x1100 || $1 == "…" ? 1 : 2) }
  }

  /// The beginning that takes no more than so many columns.
  func prefix(columns: Int) -> String {
    var left = columns
    return String(
      prefix { character in
        left -= String(character).columnCount
        return left >= 0
      }
    )
  }

  /// The text with `…` for what has no room; empty when there is none to speak of.
  func shortenedInTheMiddle(columns: Int) -> String {
    guard columnCount > columns else { return self }
    guard columns >= 3 else { return "" }
    let head = prefix(columns: columns / 2)
    let tail = String(reversed()).prefix(columns: columns - 1 - head.columnCount)
    return head + "…" + String(tail.reversed())
  }
}

extension Int {
  /// The number and what it counts: `1 line`, `2,000 lines`.
  func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
