// SPDX-License-Identifier: Apache-2.0

/// Elements with the instants at which they came, on their way into the items of a batch.
struct RunBuilder<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  /// Where the elements of one instant end, and that instant.
  private var runs: [(end: Int, appended: Timestamp)] = []
  private var nextOffset: Offset = 1
  /// The newest instant: none is earlier than one before it.
  private(set) var newest = Timestamp.distantPast

  /// The number of elements that wait.
  var count: Int { elements.count }

  /// Takes an element; one that is said to be earlier than the newest counts as of the same instant.
  mutating func append(_ element: Element, at instant: Timestamp) {
    newest = max(newest, instant)
    elements.append(element)
    if let last = runs.last, last.appended == newest {
      runs[runs.count - 1].end += 1
    } else {
      runs.append((elements.count, newest))
    }
  }

  /// Says that nothing was appended until then: what follows is later.
  mutating func move(past instant: Timestamp) {
    newest = max(newest, instant.advanced(byMilliseconds: 1))
  }

  /// Says that what follows is not earlier.
  mutating func move(to instant: Timestamp) {
    newest = max(newest, instant)
  }

  /// Moves all that waits behind `items`.
  mutating func flush(into items: inout [Batch<Element>.Item]) {
    guard !elements.isEmpty else { return }
    let chunk = LogChunk<Element>(firstOffset: nextOffset, capacity: elements.count)
    nextOffset += Offset(elements.count)
    var start = 0
    for (end, appended) in runs {
      _ = chunk.fill(with: elements[start..<end], weight: 0, appended: appended)
      start = end
    }
    _ = chunk.readRuns(from: 0, limit: elements.count, into: &items)
    elements.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
  }

  /// Moves a mark, or a gap, and all that waits before it, behind `items`.
  mutating func flush<Other>(
    then item: Batch<Other>.Item,
    into items: inout [Batch<Element>.Item]
  ) {
    flush(into: &items)
    switch item {
    case .mark(let mark, let appended):
      newest = max(newest, appended)
      items.append(.mark(mark, appended: newest))
    case .gap(let gap): items.append(.gap(gap))
    case .run: preconditionFailure("entries are appended one by one")
    }
  }
}
