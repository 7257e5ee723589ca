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
  @usableFromInline let loop: Driver<Chain>.Loop

  /// Makes a flow from its parts.
  @inlinable
  public init(
    source: any FlowSource<Chain.Input>,
    chain: Chain,
    watermarks: WatermarkStrategy<Chain.Input> = .fromSource
  ) {
    self.source = source
    self.chain = chain
    self.watermarks = watermarks
    loop = { driver, reader, room in driver.work(reader, room: room) }
  }

  /// The flow with one more operator behind it.
  @inlinable
  public func apply<Next: Operator>(_ next: Next) -> Flow<Fused<Chain, Next>>
  where Next.Input == Chain.Output {
    Flow<Fused<Chain, Next>>(source: source, chain: Fused(chain, next), watermarks: watermarks)
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
      state = FlowReading(flow)
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

/// The parts of a reading that outlive one call of `next`.
@usableFromInline
final class FlowReading<Chain: Operator> {
  @usableFromInline var reader: (any FlowReader<Chain.Input>)?
  @usableFromInline var driver: Driver<Chain>

  @usableFromInline
  init(_ flow: Flow<Chain>) {
    reader = flow.source.makeReader()
    driver = Driver(flow.chain, flow.watermarks, loop: flow.loop)
  }

  /// The next outputs, at least one; `nil` at the end.
  @usableFromInline
  nonisolated(nonsending) func nextOutputs() async throws -> [Chain.Output]? {
    while true {
      let progress = driver.run(reader, room: FlowLimits.batch)
      if !driver.outputs.isEmpty { return driver.takeOutputs() }
      guard progress == .idle else { continue }
      guard let reader else { return nil }
      do {
        guard
          let batch = try await reader.next(limit: FlowLimits.batch, until: driver.chain.deadline)
        else {
          self.reader = nil
          driver.loadEnd()
          continue
        }
        driver.load(batch)
      } catch {
        self.reader = nil
        throw error
      }
    }
  }
}

/// Sizes that flows and pipelines work with.
public enum FlowLimits {
  /// Entries taken from a source at once, and outputs held before they are handed on.
  ///
  /// 256: a hop of 10 to 30 µs shared by so many is below the cost of an operator.
  public static let batch = 256
}
