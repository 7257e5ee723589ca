// SPDX-License-Identifier: Apache-2.0

/// What a flow consists of, with what each part has let through: made by the value that runs.
///
/// A flow that has not run has counted nothing. A pipeline's plan is in its statistics.
public struct FlowPlan: Hashable, Sendable {
  /// What kind of source it is, in one word such as `topic` or `merge`.
  public let kind: String
  /// The source's name; empty where its inputs name it.
  public let name: String
  /// The flows that the source reads, in order; none for a topic.
  public var inputs: [FlowPlan]
  /// The stages behind the source, in order.
  public var stages: [StageStatistics]
  /// The elements that came from the source, if they were counted.
  public var received: UInt64?

  /// Makes the plan of a source.
  ///
  /// - Parameters:
  ///   - kind: What kind of source it is, in one word.
  ///   - name: The source's name.
  ///   - inputs: The flows that it reads.
  public init(_ kind: String, name: String = "", inputs: [FlowPlan] = []) {
    self.kind = kind
    self.name = name
    self.inputs = inputs
    stages = []
  }

  /// The plan with stages behind it.
  public func followed(by stages: [StageStatistics]) -> FlowPlan {
    var copy = self
    copy.stages += stages
    return copy
  }
}
