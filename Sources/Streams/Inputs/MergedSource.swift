// SPDX-License-Identifier: Apache-2.0

/// Several inputs as one source, in the order in which their entries were appended.
///
/// Entries of one instant come in the order of the inputs, so the result is a function of the logs.
/// The watermark is the least of the inputs that are waited for; see ``SilencePolicy``.
public struct MergedSource<Element: Sendable>: FlowSource {
  /// The inputs, in order.
  public let inputs: [any FlowSource<Element>]

  /// Makes a source of at least one input.
  public init(_ inputs: [any FlowSource<Element>]) {
    precondition(!inputs.isEmpty, "a merge has at least one input")
    self.inputs = inputs
  }

  /// The names of the inputs.
  public var name: String { inputs.map(\.name).joined(separator: " + ") }

  /// A merge of its inputs.
  public var plan: FlowPlan { FlowPlan("merge", inputs: inputs.map(\.plan)) }

  /// Opens a reader of each input.
  public func makeReader() -> any FlowReader<Element> { MergeReader(inputs) }
}

extension Flow {
  /// The elements of this flow and of others, in the order in which they were appended.
  ///
  /// It ends when all have ended. At most one batch of each is held.
  ///
  /// ```swift
  /// let all = web.merge(mobile, api)
  /// ```
  ///
  /// - Parameter others: The other flows; entries of one instant come in this order.
  /// - Returns: The flow.
  public func merge(
    _ others: any FlowSource<Chain.Output>...
  ) -> Flow<Identity<Chain.Output>> {
    Flow<Identity<Chain.Output>>(source: MergedSource([self] + others), chain: Identity())
  }
}
