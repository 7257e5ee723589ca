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
      let received = stage.received ?? count
      let out = stage.out(of: received)
      var parts: [String] = []
      if let received { parts.append("\(received) in") }
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
  /// The elements that went in, where it has counted them itself.
  var received: UInt64? { counters.first { $0.name == "in" }?.value }

  /// Its counters that are not zero, as `name value`, but for those of what went in and came out.
  var notes: [String] {
    counters.filter { $0.value > 0 && !["in", "out"].contains($0.name) }
      .map { "\($0.name) \($0.value)" }
  }
}
