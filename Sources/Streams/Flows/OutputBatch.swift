// SPDX-License-Identifier: Apache-2.0

/// Elements that come out one after the other, with what stands between them, until they are taken
/// as a batch.
struct OutputBatch<Element: Sendable> {
  private(set) var outputs: [Element] = []
  private(set) var notes: [(place: Int, item: Batch<Element>.Item)] = []
  private var instants: [(end: Int, now: Timestamp)] = []
  /// The instant of what comes out.
  private(set) var now = Timestamp.distantPast
  private var nextOffset: Offset = 1

  var isEmpty: Bool { outputs.isEmpty && notes.isEmpty }

  /// Moves on to another instant.
  mutating func move(to instant: Timestamp) {
    guard instant > now else { return }
    if outputs.count > (instants.last?.end ?? 0) { instants.append((outputs.count, now)) }
    now = instant
  }

  mutating func append(_ element: Element) {
    outputs.append(element)
  }

  /// Puts a mark or a gap behind the elements so far.
  mutating func note(_ item: Batch<Element>.Item) {
    notes.append((outputs.count, item))
  }

  /// Takes all of it.
  mutating func take() -> Batch<Element> {
    instants.append((outputs.count, now))
    let batch = Batch(outputs, instants: instants, notes: notes, firstOffset: nextOffset)
    nextOffset += Offset(outputs.count)
    instants.removeAll(keepingCapacity: true)
    outputs.removeAll(keepingCapacity: true)
    notes.removeAll(keepingCapacity: true)
    return batch
  }

  // MARK: Checkpoints

  /// Writes the instant and the next offset; nothing waits to be taken.
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try now.encode(into: &encoder)
    encoder.write(nextOffset)
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    now = try Timestamp(from: &decoder)
    nextOffset = try decoder.readUInt64()
  }
}

extension Batch {
  /// Makes a batch of elements, of which those before each `end` came out at one instant, with
  /// notes between them.
  init(
    _ outputs: [Element],
    instants: [(end: Int, now: Timestamp)],
    notes: [(place: Int, item: Item)],
    firstOffset: Offset
  ) {
    self.init()
    items.reserveCapacity(instants.count + notes.count)
    var writer = RunWriter(outputs, instants: instants, firstOffset: firstOffset)
    for note in notes {
      writer.write(before: note.place, into: &self)
      items.append(note.item)
    }
    writer.write(before: outputs.count, into: &self)
  }
}

/// Writes elements into a batch as runs, each of one instant.
private struct RunWriter<Element: Sendable> {
  private let chunk: LogChunk<Element>
  private let instants: [(end: Int, now: Timestamp)]
  private var index = 0
  private var place = 0

  init(_ outputs: [Element], instants: [(end: Int, now: Timestamp)], firstOffset: Offset) {
    chunk = LogChunk(firstOffset: firstOffset, capacity: outputs.count)
    chunk.fill(with: outputs)
    self.instants = instants
  }

  /// Writes the elements before `end` that were not written yet.
  mutating func write(before end: Int, into batch: inout Batch<Element>) {
    while place < end {
      let (runEnd, now) = instants[index]
      let stop = min(end, runEnd)
      if stop > place {
        batch.items.append(.run(Run(chunk: chunk, range: place..<stop, appended: now)))
        place = stop
      }
      if place == runEnd { index += 1 }
    }
  }
}
