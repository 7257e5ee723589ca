// SPDX-License-Identifier: Apache-2.0

/// Puts what the partitions say in one order: by round, then instant, then number of the partition.
struct PartitionMerger<Element: Sendable>: Sendable {
  private struct Said: Sendable {
    var outputs: [PartitionOutput<Element>] = []
    var index = 0

    var head: PartitionOutput<Element>? { index < outputs.count ? outputs[index] : nil }
  }

  private var said: [Said]
  private var aligner: WatermarkAligner
  private var isAtEndOfInput: [Bool]
  /// The partitions whose flows have ended: nobody waits for them.
  private var hasEnded: [Bool]
  private var newest = Timestamp.distantPast

  init(count: Int) {
    said = Array(repeating: Said(), count: count)
    aligner = WatermarkAligner(count: count)
    isAtEndOfInput = Array(repeating: false, count: count)
    hasEnded = isAtEndOfInput
  }

  /// The partitions of which it is not known what comes next.
  var unknown: [Int] { said.indices.filter { said[$0].head == nil } }

  /// Takes what a partition has said.
  mutating func take(_ outputs: [PartitionOutput<Element>], of partition: Int) {
    said[partition] = Said(outputs: outputs)
  }

  /// Hands out what comes next, at most `room` entries.
  ///
  /// Answers whether the round is at its end instead. Of all partitions something must be known.
  mutating func next(room: Int, into items: inout [Batch<Element>.Item]) -> Bool {
    guard let partition = nextPartition else {
      for index in said.indices { said[index].index += 1 }
      return true
    }
    guard case .item(let item)? = said[partition].head else { return false }
    switch item {
    case .run(let run):
      newest = max(newest, run.appended)
      isAtEndOfInput[partition] = false
      if run.count > room {
        var rest = run
        items.append(.run(rest.split(at: room).moved(to: newest)))
        said[partition].outputs[said[partition].index] = .item(.run(rest))
        return false
      }
      items.append(.run(run.moved(to: newest)))
    case .mark(.watermark(let instant), let appended):
      newest = max(newest, appended)
      if instant == .never { hasEnded[partition] = true }
      if let least = aligner.take(instant, from: partition), least < .never {
        items.append(.mark(.watermark(least), appended: newest))
      }
    case .mark(.endOfInput, let appended):
      newest = max(newest, appended)
      isAtEndOfInput[partition] = true
      if zip(isAtEndOfInput, hasEnded).allSatisfy({ $0 || $1 }) {
        items.append(.mark(.endOfInput, appended: newest))
        for index in isAtEndOfInput.indices { isAtEndOfInput[index] = false }
      }
    case .gap: items.append(item)
    }
    said[partition].index += 1
    return false
  }

  /// Whose turn it is; `nil` when all have said all of the round.
  private var nextPartition: Int? {
    var next: (instant: Timestamp, partition: Int)?
    for (partition, said) in said.enumerated() {
      guard case .item(let item)? = said.head else { continue }
      let instant =
        switch item {
        case .run(let run): run.appended
        case .mark(_, let appended): appended
        case .gap: Timestamp.distantPast
        }
      if let known = next, known.instant <= instant { continue }
      next = (instant, partition)
    }
    return next?.partition
  }
}
