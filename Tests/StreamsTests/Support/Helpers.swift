// SPDX-License-Identifier: Apache-2.0
import Streams
import WeirTesting

/// One thing that a reader was handed, with where and when it was appended.
enum Seen<Element: Sendable & Equatable>: Equatable, Sendable {
  case entry(Element, offset: Offset, appended: Timestamp)
  case mark(Mark, appended: Timestamp)
  case gap(from: Offset, to: Offset)
}

extension Batch where Element: Equatable {
  /// Everything in it, entry by entry.
  var seen: [Seen<Element>] {
    items.flatMap { item -> [Seen<Element>] in
      switch item {
      case .run(let run):
        run.indices.map { index in
          .entry(run[index], offset: run.firstOffset + Offset(index), appended: run.appended)
        }
      case .mark(let mark, let appended):
        [.mark(mark, appended: appended)]
      case .gap(let gap):
        [.gap(from: gap.from, to: gap.to)]
      }
    }
  }
}

extension Topic where Element: Equatable {
  /// Everything from `position` on, read in parts of `limit`.
  func everything(from position: Position, limit: Int = 256) -> [Seen<Element>] {
    var place = position
    var all: [Seen<Element>] = []
    while true {
      let batch = read(from: &place, limit: limit)
      if batch.isEmpty { return all }
      all += batch.seen
    }
  }
}

/// What happened, in order, told from any thread.
final class Diary<Entry: Sendable>: Sendable {
  private let state = Guarded<[Entry]>([])

  var entries: [Entry] { state.withLock { $0 } }

  func note(_ entry: Entry) {
    state.withLock { $0.append(entry) }
  }
}

/// Lets other tasks run until `condition` holds.
func eventually(_ condition: () -> Bool) async {
  while !condition() { await Task.yield() }
}

/// Something that a test lends to a task, and leaves alone until it has awaited that task.
struct Lent<Value>: @unchecked Sendable {
  // Proof: by what it is for, only one task at a time uses the value.
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}
