// SPDX-License-Identifier: Apache-2.0

/// One of the flows that another reads in turn: its reader, and what was read of it and not yet
/// handed on.
struct InnerInput<Element: Sendable> {
  let reader: any FlowReader<Element>
  private var items: [Batch<Element>.Item] = []
  private var index = 0
  /// Nothing was appended at or before this instant but what was read.
  private(set) var silentThrough = Timestamp.distantPast
  private(set) var isEnded = false
  /// Whether it has marked the end of its input, and said nothing since.
  var isAtEndOfInput = false
  private var hasToldEnd = false

  init(_ source: any FlowSource<Element>) {
    reader = source.makeReader()
  }

  /// What comes next of it, if that is known.
  var head: Batch<Element>.Item? { index < items.count ? items[index] : nil }

  /// When what comes next was appended; a gap comes at once.
  var headInstant: Timestamp? {
    switch head {
    case .run(let run): run.appended
    case .mark(_, let appended): appended
    case .gap: .distantPast
    case nil: nil
    }
  }

  /// Takes what comes next.
  mutating func takeHead() -> Batch<Element>.Item? {
    guard let item = head else { return nil }
    index += 1
    return item
  }

  /// Takes what comes next, at most `room` entries of it.
  mutating func takeHead(room: Int) -> Batch<Element>.Item? {
    guard case .run(var run)? = head, run.count > room else { return takeHead() }
    let first = run.split(at: room)
    items[index] = .run(run)
    return .run(first)
  }

  /// Reads on where nothing is known to come next, and until when it matters whether something does.
  ///
  /// Answers something to wait for first, or throws what the input threw.
  mutating func read(limit: Int, until instant: Timestamp) throws -> SideWrite? {
    guard head == nil, !isEnded else { return nil }
    switch try reader.poll(limit: limit, until: instant) {
    case .batch(let batch):
      items = batch.items
      index = 0
      if let instant = batch.silentThrough { silentThrough = max(silentThrough, instant) }
    case .wait(let write): return write
    case .end: takeEnd()
    case .empty: break
    }
    return nil
  }

  /// Lets the end come in its turn, at its instant, as the last watermark; behind that it has ended.
  private mutating func takeEnd() {
    guard !hasToldEnd, let instant = reader.endInstant else {
      isEnded = true
      return
    }
    hasToldEnd = true
    items = [.mark(.watermark(.never), appended: instant)]
    index = 0
  }

  /// Whether it is sure that nothing of it comes before what happens at `instant`.
  func isSilent(through instant: Timestamp) -> Bool {
    isEnded || silentThrough >= instant || headInstant.map { $0 > instant } ?? false
  }
}
