// SPDX-License-Identifier: Apache-2.0
public import Streams

extension StoredJournal {
  /// Hears of what was read.
  public typealias ReadCompletion =
    @Sendable (Result<JournalBatch<Element>, JournalError>) -> Void

  /// Reads on one of the log's reading threads; entries that are damaged are told as a gap.
  public func read(_ request: JournalRequest, completion: @escaping ReadCompletion) {
    guard var topic = stored else {
      Task { completion(.success(JournalBatch([], next: request.end))) }
      return
    }
    topic.nextOffset = request.end.next
    topic.nextMark = request.end.nextMark
    let position = request.position
    let read = ReadRequest(
      topic,
      after: position.next - 1,
      firstMark: position.nextMark == 0 ? nil : min(position.nextMark, request.end.nextMark),
      limit: request.limit,
      bytes: request.bytes
    )
    do throws(StorageError) {
      let gather = form.gather
      try log.read(read) { completion(Self.answer($0, at: position, before: request.end, gather)) }
    } catch {
      // Never within the call.
      let refusal = JournalError(error)
      Task { completion(.failure(refusal)) }
    }
  }

  private static func answer(
    _ result: Result<StoredBatch, StorageError>,
    at position: Position,
    before end: Position,
    _ gather: StoredForm<Element>.Gather
  ) -> Result<JournalBatch<Element>, JournalError> {
    switch result {
    case .success(let batch): return .success(gather(batch, position))
    case .failure(let error):
      switch error.reason {
      case .damaged(_, _, let through) where through >= position.next && through < end.next:
        let gap = Gap(from: position.next, to: through)
        let next = Position(next: through + 1, nextMark: position.nextMark)
        return .success(JournalBatch([.gap(gap)], next: next))
      case .damagedMark(_, let number):
        // What it said is lost; `weir doctor` names it.
        let next = Position(next: position.next, nextMark: number + 1)
        return .success(JournalBatch([], next: next))
      default: return .failure(JournalError(error))
      }
    }
  }
}

extension JournalBatch {
  /// Entries and marks as a log gave them, in the order in which they stand there.
  @inline(__always)
  init(_ batch: StoredBatch, at position: Position, decode: (ArraySlice<UInt8>) -> Element?) {
    var items: [Item] = []
    items.reserveCapacity(batch.entries.count + batch.marks.count + 1)
    var next = position.next
    if let gap = batch.gap {
      items.append(.gap(gap))
      next = gap.to + 1
    }
    var marks = batch.marks[...]
    func takeMarks(before offset: Offset) {
      while let mark = marks.first, mark.after < offset {
        items.append(.mark(mark.mark, appended: mark.appended))
        marks.removeFirst()
      }
    }
    for entry in batch.entries {
      takeMarks(before: entry.offset)
      guard let element = decode(entry.bytes) else {
        // Written by a version that this one can't read: as good as gone. A gap stands first.
        guard items.isEmpty else { break }
        items.append(.gap(Gap(from: entry.offset, to: entry.offset)))
        next = entry.offset + 1
        continue
      }
      items.append(.entry(entry.offset, element, appended: entry.appended))
      next = entry.offset + 1
    }
    takeMarks(before: next)
    let nextMark = marks.first?.number ?? batch.nextMark
    self.init(items, next: Position(next: next, nextMark: nextMark))
  }
}
