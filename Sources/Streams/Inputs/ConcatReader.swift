// SPDX-License-Identifier: Apache-2.0

/// Reads one source after the other; the next is opened when the one before has ended.
final class ConcatReader<Element: Sendable>: FlowReader {
  let clock: any EngineClock
  private var sources: ArraySlice<any FlowSource<Element>>
  private var reader: any FlowReader<Element>
  /// Nothing happens before this instant any more: the sources before had ended then.
  private var floor = Timestamp.distantPast
  /// The instant of the newest entry or mark.
  private var newest = Timestamp.distantPast

  init(_ sources: [any FlowSource<Element>]) {
    precondition(!sources.isEmpty, "there is at least one input")
    reader = sources[0].makeReader()
    clock = reader.clock
    self.sources = sources.dropFirst()
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    while true {
      switch try reader.poll(limit: limit, until: deadline) {
      case .batch(let batch): return .batch(take(batch))
      case .end:
        guard let source = sources.popFirst() else { return .end }
        floor = max(floor, reader.endInstant ?? newest.advanced(byMilliseconds: 1))
        reader = source.makeReader()
      case .empty: return .empty
      case .wait(let write): return .wait(write)
      }
    }
  }

  /// Lifts what happened earlier to the first instant behind the end of what came before.
  private func take(_ batch: Batch<Element>) -> Batch<Element> {
    var batch = batch
    for index in batch.items.indices {
      switch batch.items[index] {
      case .run(let run):
        newest = max(newest, run.appended)
        if run.appended < floor { batch.items[index] = .run(run.moved(to: floor)) }
      case .mark(let mark, let appended):
        newest = max(newest, appended)
        if appended < floor { batch.items[index] = .mark(mark, appended: floor) }
      case .gap: break
      }
    }
    return batch
  }

  var endInstant: Timestamp? {
    let end = max(floor, reader.endInstant ?? newest)
    return end > .distantPast ? end : nil
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { reader.notify(wake) }
  var wakeTime: Timestamp { reader.wakeTime }
  func pause() { reader.pause() }
}
