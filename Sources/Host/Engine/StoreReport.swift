// SPDX-License-Identifier: Apache-2.0
import Storage

/// What is said of the store when a server starts.
enum StoreReport {
  static func lines(of stored: DurableTopics, in directory: String) -> [String] {
    let findings = stored.log.findings
    let count = stored.names.count
    if count == 0, findings.wasClosed { return ["\(directory): empty"] }
    var lines = [
      "\(directory): \(count) \(count == 1 ? "topic" : "topics"), "
        + (findings.wasClosed ? "closed properly; " : "not closed properly, taken up again; ")
        + "the newest \(findings.checkedCount) entries were checked"
    ]
    for name in findings.renewed {
      lines.append("topic '\(name)' may have lost its newest entries and has a new epoch")
    }
    for damage in findings.damage {
      lines.append(
        "topic '\(damage.topic)': the entries \(damage.from) to \(damage.through) are damaged and "
          + "told as a gap; `weir doctor \(directory)` looks at everything"
      )
    }
    return lines
  }
}

/// Tells when the store begins to fail, and when that is over.
struct StoreWatch {
  private let log: EventLog?
  private var isInTrouble = false

  init(_ log: EventLog?) { self.log = log }

  /// What has changed since the last call.
  mutating func next() -> String? {
    let trouble = log?.trouble
    guard (trouble != nil) != isInTrouble else { return nil }
    isInTrouble = trouble != nil
    guard let trouble else { return "durable topics can be published to again" }
    return "durable topics can't be published to: \(trouble)"
  }
}
