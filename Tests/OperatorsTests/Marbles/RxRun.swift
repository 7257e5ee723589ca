// SPDX-License-Identifier: Apache-2.0
import Streams
import WeirTesting

/// Reads a flow while its sources happen, and notes what comes out at which millisecond.
struct RxRun {
  let world: RxWorld
  private(set) var timeline = RxTimeline()
  /// How many elements had come out before this millisecond.
  private var polled = 0

  init(_ world: RxWorld) {
    self.world = world
  }

  /// Subscribes at 0 and reads until the flow ends, or until the millisecond `end`.
  mutating func read(_ flow: some FlowSource<RxTerm>, until end: Int) async throws {
    let reader = flow.makeReader()
    for instant in 0..<end where timeline.ending == nil {
      world.advance(to: instant)
      polled = timeline.elements.count
      while try await poll(reader) {}
    }
  }

  /// Takes what there is next; answers whether there may be more in this millisecond.
  private mutating func poll(_ reader: any FlowReader<RxTerm>) async throws -> Bool {
    let poll: Poll<RxTerm>
    do {
      poll = try reader.poll(limit: 256, until: .never)
    } catch {
      end(.failure)
      return false
    }
    switch poll {
    case .batch(let batch): take(batch)
    case .wait(let write): try await write.write()
    case .empty: return false
    case .end:
      end(.complete)
      return false
    }
    return true
  }

  private mutating func end(_ ending: RxTimeline.Ending) {
    timeline.ending = ending
    timeline.end = world.now
    // What the end lets go bears the instant of the last entry: only here it came out later.
    for index in timeline.elements.indices[polled...] { timeline.elements[index].at = world.now }
  }

  private mutating func take(_ batch: Batch<RxTerm>) {
    for case .run(let run) in batch.items {
      for index in run.indices {
        let now = Int(run.appended.milliseconds)
        timeline.elements.append(.init(at: now, value: run[index]))
      }
    }
  }
}
