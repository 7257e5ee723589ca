// SPDX-License-Identifier: Apache-2.0

/// A source and the fused operators behind it: a value that describes, and runs when read.
///
/// Operators are put on by the methods that the module `Operators` adds. A flow is an
/// `AsyncSequence`: every iteration reads the source anew, with operators as they were when the
/// flow was made.
public struct Flow<Chain: Operator>: Sendable {
  /// What is read.
  public let source: any FlowSource<Chain.Input>
  /// The operators, fused into one.
  public let chain: Chain
  /// Where the watermark comes from.
  public let watermarks: WatermarkStrategy<Chain.Input>
  @usableFromInline var policy: Supervision
  /// What happens when a closure throws on an element.
  public var supervision: Supervision { policy }
  @usableFromInline let loop: Driver<Chain>.Loop

  /// Makes a flow from its parts.
  @inlinable
  public init(
    source: any FlowSource<Chain.Input>,
    chain: Chain,
    watermarks: WatermarkStrategy<Chain.Input> = .fromSource,
    supervision: Supervision = .stop
  ) {
    self.source = source
    self.chain = chain
    self.watermarks = watermarks
    policy = supervision
    loop = { driver, reader, room in driver.work(reader, room: room) }
  }

  /// The flow with one more operator behind it.
  @inlinable
  public func apply<Next: Operator>(_ next: Next) -> Flow<Fused<Chain, Next>>
  where Next.Input == Chain.Output {
    Flow<Fused<Chain, Next>>(
      source: source,
      chain: Fused(chain, next),
      watermarks: watermarks,
      supervision: supervision
    )
  }

  /// The same flow with another policy for elements on which a closure throws.
  ///
  /// It holds for all operators of the flow, whether they stand before or behind it.
  public func supervised(_ supervision: Supervision) -> Flow {
    var copy = self
    copy.policy = supervision
    return copy
  }
}

extension Flow: AsyncSequence {
  /// What the last operator emits.
  public typealias Element = Chain.Output

  /// Starts a reading of the source.
  @inlinable
  public func makeAsyncIterator() -> Iterator {
    Iterator(self)
  }

  /// One reading of a flow.
  public struct Iterator: AsyncIteratorProtocol {
    @usableFromInline let state: FlowReading<Chain>
    @usableFromInline var ready: [Chain.Output] = []
    @usableFromInline var index = 0

    @inlinable
    init(_ flow: Flow) {
      state = FlowReading(flow, tellsWatermarks: false)
    }

    /// The next element; suspends while there is none.
    ///
    /// - Returns: `nil` once the source has ended and the operators have given all they held.
    /// - Throws: `CancellationError`, or what the source threw; nothing follows.
    @inlinable
    public mutating func next() async throws -> Chain.Output? {
      try await next(isolation: nil)
    }

    /// The next element, without leaving the caller's actor.
    ///
    /// - Returns: `nil` once the source has ended and the operators have given all they held.
    /// - Throws: `CancellationError`, or what the source threw; nothing follows.
    @inlinable
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(any Error) -> Chain.Output? {
      if index == ready.count {
        ready = try await state.nextOutputs() ?? []
        index = 0
        if ready.isEmpty { return nil }
      }
      defer { index += 1 }
      return ready[index]
    }
  }
}
