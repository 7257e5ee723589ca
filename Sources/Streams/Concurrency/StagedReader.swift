// SPDX-License-Identifier: Apache-2.0

/// A reader that is a stage by itself, such as of asynchronous calls.
protocol StagedReader: FlowReader {
  /// At the end: until when it is known that nothing was appended; `.distantPast` where it is not.
  var quietEnd: Timestamp { get }
  /// What it reads from, if that can be drawn.
  var inputPlan: FlowPlan? { get }
  /// The stages before it and its own, with what each has counted, in order.
  var stages: [StageStatistics] { get }
}

extension StagedReader {
  /// Right behind what is known to be quiet.
  var endInstant: Timestamp? {
    quietEnd == .distantPast ? nil : quietEnd.advanced(byMilliseconds: 1)
  }

  /// What it reads from, and the stages.
  var plan: FlowPlan? {
    var plan = inputPlan ?? FlowPlan("source")
    plan.stages = stages
    plan.received = plan.received ?? plan.stages.first?.received
    return plan
  }
}

extension FlowReader {
  /// At the end: until when it is known that nothing was appended; `.distantPast` where it is not.
  var quietEnd: Timestamp { endInstant?.advanced(byMilliseconds: -1) ?? .distantPast }
  /// The stages before it and its own, with what each has counted, in order.
  var stages: [StageStatistics] { plan?.stages ?? [] }
}
