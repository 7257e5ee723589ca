// SPDX-License-Identifier: Apache-2.0

/// Hands out what the elements of its input expand to, one by one while the input has nothing new.
final class ExpandingReader<Input: Sendable, Element: Sendable>: StagedReader {
  private let source: ExpandingSource<Input, Element>
  private let input: any FlowReader<Input>
  /// Gives out what the newest element expands to; none when that is used up.
  private var expansion: (() -> Element?)?
  /// What was read and is not handed out.
  private var items: [Batch<Input>.Item] = []
  private var itemIndex = 0
  private var place = 0
  private var builder = RunBuilder<Element>()
  private var isEnded = false
  private var counters = (received: UInt64(0), out: UInt64(0), madeUp: UInt64(0))

  init(_ source: ExpandingSource<Input, Element>) {
    self.source = source
    input = source.input.makeReader()
  }

  var clock: any EngineClock { input.clock }
  var quietEnd: Timestamp { max(builder.newest, input.quietEnd) }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    let now = clock.now
    builder.move(to: now)
    var batch = Batch<Element>()
    if itemIndex == items.count, !isEnded {
      switch try input.poll(limit: limit, until: deadline) {
      case .batch(let loaded):
        (items, itemIndex) = (loaded.items, 0)
        if items.isEmpty, let instant = loaded.silentThrough, expansion == nil {
          builder.move(past: instant)
          return .batch(Batch(silentThrough: instant))
        }
      case .wait(let write): return .wait(write)
      case .end: isEnded = true
      case .empty: break
      }
    }
    if isEnded, itemIndex == items.count { return .end }
    takeItems(limit, now, into: &batch)
    if batch.items.isEmpty, builder.count == 0, let element = nextExpanded() {
      counters.madeUp += 1
      builder.append(element, at: now)
    }
    counters.out += UInt64(builder.count)
    builder.flush(into: &batch.items)
    return batch.items.isEmpty ? .empty : .batch(batch)
  }

  /// Takes the first of what each element expands to.
  private func takeItems(_ limit: Int, _ now: Timestamp, into batch: inout Batch<Element>) {
    while itemIndex < items.count, builder.count < limit {
      switch items[itemIndex] {
      case .run(let run):
        expansion = source.expand(run[place])
        counters.received += 1
        if let element = nextExpanded() { builder.append(element, at: now) }
        place += 1
        if place < run.count { continue }
        place = 0
      case .mark(let mark, _):
        counters.out += UInt64(builder.count)
        builder.flush(
          then: Batch<Element>.Item.mark(mark, appended: now),
          into: &batch.items
        )
      case .gap(let gap): builder.flush(then: Batch<Element>.Item.gap(gap), into: &batch.items)
      }
      itemIndex += 1
    }
  }

  private func nextExpanded() -> Element? {
    guard let element = expansion?() else {
      expansion = nil
      return nil
    }
    return element
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    expansion != nil || itemIndex < items.count || isEnded ? nil : input.notify(wake)
  }

  var wakeTime: Timestamp { input.wakeTime }
  var promisesSilence: Bool { input.promisesSilence }

  var isWorking: Bool { input.isWorking }

  func pause() {
    input.pause()
  }

  var inputPlan: FlowPlan? { input.plan }

  var stages: [StageStatistics] {
    let stage = StageStatistics(
      source.stage,
      ["in": counters.received, "out": counters.out, "madeUp": counters.madeUp],
      passage: .exactly(counters.out)
    )
    return input.stages + [stage]
  }
}
