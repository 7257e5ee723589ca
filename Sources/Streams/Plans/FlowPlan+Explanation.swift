// SPDX-License-Identifier: Apache-2.0

extension FlowPlan {
  /// What each part has let through, dropped and why: a line for each, inputs indented.
  ///
  /// ```text
  /// topic requests: 1000 in
  ///   filter: 1000 in, 900 out, dropped 100
  ///   window: 900 in, 12 out, late 3, fired 12, panes 1
  /// ```
  public var explanation: String { lines(indentation: "").joined(separator: "\n") + "\n" }

  private func lines(indentation: String) -> [String] {
    let title = name.isEmpty ? kind : "\(kind) \(name)"
    var lines = [indentation + title + (received.map { ": \($0) in" } ?? "")]
    for input in inputs { lines += input.lines(indentation: indentation + "  ← ") }
    var count = received
    for stage in stages {
      let out = stage.out(of: count)
      var parts: [String] = []
      if let count { parts.append("\(count) in") }
      if let out { parts.append("\(out) out") }
      parts += stage.notes
      let text = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
      lines.append(indentation + "  " + stage.name + text)
      count = out
    }
    return lines
  }
}

extension StageStatistics {
  /// Its counters that are not zero, as `name value`.
  var notes: [String] {
    counters.filter { $0.value > 0 }.map { "\($0.name) \($0.value)" }
  }
}
