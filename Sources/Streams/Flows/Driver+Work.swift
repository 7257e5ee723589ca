// SPDX-License-Identifier: Apache-2.0

// How a driver works on batch after batch, compiled where the chain's type is known.
extension Driver {
  /// What is asked of it between two calls of ``run(_:room:)``.
  @usableFromInline
  struct Stock: Sendable {
    /// Whether something came out.
    @usableFromInline var hasNews = false
    /// Whether elements wait that leave beside the output.
    @usableFromInline var hasSideWrites = false
    /// When something is to be done though nothing comes.
    @usableFromInline var deadline = Timestamp.never

    @usableFromInline init() {}
  }

  /// Works on what was loaded, then on what the reader has at once, as long as nothing comes out:
  /// until the watermark moves or a pipeline's budget is used.
  ///
  /// One call through a closure, so that the loop over the elements is the specialised one even
  /// where the caller is not: a pipeline is generic and belongs to this module.
  mutating func run(_ reader: Reader?, room: Int) -> Progress {
    let loop = loop
    return loop(&self, reader, room)
  }

  /// What ``run(_:room:)`` does, for the compiler of whoever puts the chain together.
  @inlinable
  mutating func work(_ reader: Reader?, room: Int) -> Progress {
    let progress = workOnBatches(of: reader, room: room)
    takeStock()
    return progress
  }

  @inlinable
  mutating func takeStock() {
    stock.hasNews = hasNews
    stock.hasSideWrites = chain.hasSideWrites
    stock.deadline = deadline
  }

  @inlinable
  mutating func workOnBatches(of reader: Reader?, room: Int) -> Progress {
    let (start, before) = (counters.received, told)
    while true {
      let progress = step(room: room)
      guard progress == .idle, !hasNews, ending == .open, told == before,
        counters.received &- start < PipelineLimits.budget, !chain.hasSideWrites,
        !Task.isCancelled, let batch = reader?.take(limit: FlowLimits.batch)
      else { return progress }
      load(batch)
    }
  }
}
