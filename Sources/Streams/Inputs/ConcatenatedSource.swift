// SPDX-License-Identifier: Apache-2.0

/// Several inputs one after the other, as one source.
///
/// Each is opened when the one before has ended, and not earlier: until then it holds back nobody,
/// and where it starts is seen then. An entry that was appended before that end comes at the first
/// instant behind it, so that time never goes back. The watermark goes on where it stands.
public struct ConcatenatedSource<Element: Sendable>: FlowSource {
  /// The inputs, in order.
  public let inputs: [any FlowSource<Element>]

  /// Makes a source of at least one input.
  public init(_ inputs: [any FlowSource<Element>]) {
    precondition(!inputs.isEmpty, "there is at least one input")
    self.inputs = inputs
  }

  /// The names of the inputs.
  public var name: String { inputs.map(\.name).joined(separator: ", ") }

  /// Its inputs, one after the other.
  public var plan: FlowPlan { FlowPlan("concat", inputs: inputs.map(\.plan)) }

  /// Opens a reader of the first input.
  public func makeReader() -> any FlowReader<Element> { ConcatReader(inputs) }
}

extension Flow {
  /// The elements of this flow, then those of the others, one flow after the other.
  ///
  /// The next flow is opened when the one before has ended. What its topic has dropped by then is
  /// not seen: give a topic that is filled meanwhile the room to keep it. Entries that were appended
  /// before that end count as appended right behind it. Elements whose event time is before the
  /// watermark, as the flows before have left it, are behind. An error ends it.
  ///
  /// ```swift
  /// let all = archive.flow(from: .earliest).concat(live.flow(from: .earliest))
  /// ```
  ///
  /// - Parameter others: The other flows, in order.
  /// - Returns: The flow.
  public func concat(
    _ others: any FlowSource<Chain.Output>...
  ) -> Flow<Identity<Chain.Output>> {
    Flow<Identity<Chain.Output>>(source: ConcatenatedSource([self] + others), chain: Identity())
  }
}
