// SPDX-License-Identifier: Apache-2.0

/// One of the flows that another reads in turn: its reader, and what was read of it and not yet handed on.
struct InnerInput<Element: Sendable> {
  let reader: any FlowReader<Element>
  /// After how many milliseconds of silence it is not waited for, if ever.
  let idleAfter: Int64?
  private var items: [Batch<Element>.Item] = []
  private var index = 0
  /// Nothing was appended at or before this instant but what was read.
  private(set) var silentThrough = Timestamp.distantPast
  /// When its newest entry or mark was appended.
  private(set) var heard = Timestamp.distantPast
  private(set) var isEnded = false
  private var hasToldEnd = false
  /// Whether it has marked the end of its input, and said nothing since.
  var isAtEndOfInput = false

  init(_ source: any FlowSource<Element>) {
    reader = source.makeReader()
    idleAfter =
      if case .idleAfter(let pause) = source.silencePolicy {
        max(1, pause.wholeMilliseconds)
      } else {
        nil
      }
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
    heard = max(heard, headInstant ?? heard)
    index += 1
    return item
  }

  /// Takes what comes next, at most `room` entries of it.
  mutating func takeHead(room: Int) -> Batch<Element>.Item? {
    guard case .run(let run)? = head, run.count > room else { return takeHead() }
    let (first, rest) = run.split(after: room)
    items[index] = .run(rest)
    heard = max(heard, run.appended)
    return .run(first)
  }

  /// Says when its silence began, if it has said nothing yet.
  mutating func startSilence(at instant: Timestamp) {
    if heard == .distantPast { heard = instant }
  }

  /// When it is waited for no longer, if it says nothing until then.
  var idleInstant: Timestamp? {
    guard let idleAfter, !isEnded, heard > .distantPast else { return nil }
    return heard.advanced(byMilliseconds: idleAfter)
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
