// SPDX-License-Identifier: Apache-2.0

/// What an ingest is to do.
struct IngestPlan {
  /// Where events go.
  var topic: String
  /// What the input is called.
  var label: String
  /// What reports call the job.
  var job: String
  /// How lines become events.
  var format: RecordFormat
  /// How fast to go.
  var speed: Pacer.Speed
  /// Whether to go on as the file grows.
  var follows: Bool
}

extension IngestTally {
  /// Why input of which not one record could be used was read in vain; `nil` if one was.
  ///
  /// Most likely it was read with the wrong options.
  func uselessness(_ plan: IngestPlan) -> CommandFailure? {
    // An empty input is no mistake: a day without requests has an empty log.
    guard accepted == 0, let first = refusals.first else { return nil }
    let example = "line \(first.line): \(first.reason)"
    if timeless == lines {
      return .failure(
        "no line of \(plan.label) had a time in field '\(plan.format.timeField ?? "")'",
        remedy: "check --time (\(example))"
      )
    }
    return .failure(
      "no line of \(plan.label) is \(plan.format.kind.rawValue)",
      remedy: "check --format (\(example))"
    )
  }
}
