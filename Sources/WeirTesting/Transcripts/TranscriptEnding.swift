// SPDX-License-Identifier: Apache-2.0
import Streams

/// The error of a line `fail`.
struct ScriptedFailure: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}

extension TranscriptAction.Ending {
  /// Whether this is what was expected; an error that was expected may be told in part.
  func fits(_ expected: Self) -> Bool {
    switch (self, expected) {
    case (.none, .none), (.end, .end): true
    case (.error(let text), .error(let part)): part.isEmpty || text.contains(part)
    default: false
    }
  }

  /// How a line says it.
  var words: [String] {
    switch self {
    case .none: []
    case .end: ["end"]
    case .error(let text): text.isEmpty ? ["error"] : ["error", text]
    }
  }
}

extension ProbeSink {
  /// Looks at all elements that no expectation has looked at.
  func takeUnexpected() -> [Element] {
    watched.change { state in state.look(at: state.count) }
  }
}

extension DriverCounters {
  /// What was counted in front of the stages.
  var stage: StageStatistics {
    StageStatistics(
      "source",
      [
        "received": received, "behind": behind, "ahead": ahead, "gaps": gaps, "missed": missed,
        "silences": silences, "skipped": skipped, "restarts": restarts,
      ]
    )
  }
}
