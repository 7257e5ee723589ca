// SPDX-License-Identifier: Apache-2.0
import Streams

/// Which entries a page of history has.
struct HistoryPlan: Sendable {
  /// The most bytes of a page, an entry more at most; as JSON it may take six times as much.
  static let maximumBytes = 1 << 20

  /// The first and the last entry; empty where only the position is asked for.
  let range: Range<Offset>
  let isReverse: Bool
  /// The newest offset when it was asked for.
  let last: Offset

  /// Finds out.
  ///
  /// - Parameters:
  ///   - request: What the client asks for.
  ///   - topic: The topic.
  ///   - most: The most entries of a page.
  /// - Throws: 112 where it asks to go on at a place of a former life, or of which some is gone.
  init(_ request: HistoryRequest, of topic: Topic<Event>, most: Int) throws(ProtocolError) {
    isReverse = request.isReverse
    let (first, end) = (topic.earliest.next, topic.end.next)
    last = end - 1
    if let since = request.since {
      guard since.epoch.isEmpty || since.epoch == "\(topic.epoch)", since.offset < end else {
        throw .unrecoverable
      }
      // What came next must be there still.
      guard isReverse || since.offset + 1 >= first else { throw .unrecoverable }
    }
    let count = Offset(request.limit < 0 ? Int64(most) : min(request.limit, Int64(most)))
    if isReverse {
      let top = max(first, request.since.map { min($0.offset, end) } ?? end)
      range = max(first, top - min(count, top))..<top
    } else {
      let bottom = max(first, request.since.map { $0.offset + 1 } ?? first)
      range = bottom..<min(end, bottom + count)
    }
  }

  /// Reads the page.
  ///
  /// - Parameters:
  ///   - topic: The topic.
  ///   - reading: Counts what is read from disk, as long as the page lives.
  ///   - later: Called once, from any thread, if some of it is on disk.
  ///   - atOnce: Called before this returns if not.
  func read(
    _ topic: Topic<Event>,
    counting reading: HeldReading?,
    later: @escaping @Sendable (Result<HistoryPage, ProtocolError>) -> Void,
    atOnce: (Result<HistoryPage, ProtocolError>) -> Void
  ) {
    guard !range.isEmpty else { return atOnce(.success(page(of: topic, []))) }
    var recovery = Recovery(
      after: range.lowerBound - 1,
      through: range.upperBound - 1,
      maximumBytes: Self.maximumBytes,
      takingParts: true
    )
    guard recovery.readFromMemory(topic) else {
      return recovery.read(topic, counting: reading) { later(result(of: topic, $0)) }
    }
    atOnce(result(of: topic, recovery))
  }

  private func result(
    of topic: Topic<Event>,
    _ recovery: Recovery
  ) -> Result<HistoryPage, ProtocolError> {
    if let error = recovery.error { return .failure(.unavailable(error.description)) }
    // It was there when the page was planned, and has been dropped since.
    guard let entries = recovery.missed else { return .failure(.unrecoverable) }
    // From the front a shorter page can be gone on from, from the back it would have a hole.
    if recovery.isCut, isReverse {
      return .failure(.limitExceeded("the page is too large; ask for fewer publications"))
    }
    var page = page(of: topic, isReverse ? entries.reversed() : entries)
    page.reading = recovery.reading
    return .success(page)
  }

  private func page(of topic: Topic<Event>, _ entries: [EventEntry]) -> HistoryPage {
    HistoryPage(epoch: "\(topic.epoch)", offset: last, publications: entries)
  }
}
