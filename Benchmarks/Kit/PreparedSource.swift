// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Batches that were made before: whoever reads them pays for nothing but what it does with them.
public struct PreparedSource<Element: Sendable>: FlowSource {
  /// The name to show for it.
  public let name = "prepared"
  /// How many elements there are.
  public let count: Int
  let batches: [Batch<Element>]
  let clock: SteppedClock

  /// Appends elements to a topic, so many at each millisecond, and keeps the batches that a cursor
  /// reads from it.
  ///
  /// - Parameters:
  ///   - elements: The elements, in order.
  ///   - count: How many of them are appended in one millisecond.
  /// - Throws: What publishing threw.
  public init(_ elements: [Element], perMillisecond count: Int) throws {
    self.count = elements.count
    let clock = SteppedClock()
    let retention = Retention(maximumCount: max(2, 2 * elements.count), maximumBytes: 1 << 30)
    let topic = Topic<Element>("prepared", retention: retention, clock: clock)
    for start in stride(from: 0, to: elements.count, by: count) {
      clock.now = Timestamp(milliseconds: Int64(start / count))
      let part = Array(elements[start..<min(start + count, elements.count)])
      guard case .stored = topic.offer(part, completion: { _ in }) else {
        preconditionFailure("the topic keeps all elements")
      }
    }
    var position = topic.earliest
    var batches: [Batch<Element>] = []
    while position.next < topic.end.next {
      batches.append(topic.read(from: &position, limit: FlowLimits.batch))
    }
    self.batches = batches
    self.clock = clock
  }

  /// Opens a reader that hands out the batches from the first on.
  public func makeReader() -> any FlowReader<Element> {
    PreparedReader(batches, clock)
  }
}

/// One way through the batches.
private final class PreparedReader<Element: Sendable>: FlowReader {
  let clock: any EngineClock
  private let batches: [Batch<Element>]
  private var index = 0

  init(_ batches: [Batch<Element>], _ clock: SteppedClock) {
    self.batches = batches
    self.clock = clock
  }

  func take(limit: Int) -> Batch<Element>? {
    guard index < batches.count else { return nil }
    defer { index += 1 }
    return batches[index]
  }

  func poll(limit: Int, until deadline: Timestamp) -> Poll<Element> {
    take(limit: limit).map { .batch($0) } ?? .end
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { nil }
}
