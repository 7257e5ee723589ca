// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What the operators' documentation shows.
@Suite struct RateExampleTests {
  private struct Edit: Sendable, Codable, Equatable {
    let document: String
    let text: String
  }

  @Test func `a search waits for a pause in typing, but not forever`() {
    let keystrokes = Marbles("abc---de----|")
    let searches = keystrokes.through {
      $0.debounce(for: .milliseconds(3), maxWait: .milliseconds(20))
    }
    #expect(searches == "-----c----e-|")
  }

  @Test func `edits are gathered per document`() {
    let edits = Marbles<Edit>(
      steps: [
        [Edit(document: "x", text: "a")], [Edit(document: "y", text: "b")],
        [Edit(document: "x", text: "c")], [], [], [], [],
      ],
      isEnded: true
    )
    let changes = edits.through {
      $0.conflate(within: .milliseconds(4), by: \.document) {
        $0 = Edit(document: $0.document, text: $0.text + $1.text)
      }
    }
    #expect(changes.steps[4] == [Edit(document: "x", text: "ac")])
    #expect(changes.steps[5] == [Edit(document: "y", text: "b")])
  }

  @Test func `a polite caller, then a delay, then a sample, are one chain`() {
    let result = Marbles("(abcd)-----------|").through {
      $0.rateLimit(
        1,
        per: .milliseconds(2),
        excess: .hold(QueueLimit(100, overflow: .dropNewest))
      )
      .delay(by: .milliseconds(1))
      .sample(every: .milliseconds(4))
    }
    #expect(result == "----b---d---|")
  }

  @Test func `a chain's state is written and read as one, wherever it is cut`() {
    let flow = Topic<Int>("t").flow()
      .rateLimit(3, per: .milliseconds(4), excess: .hold(QueueLimit(9, overflow: .release)))
      .throttle(for: .milliseconds(3), by: { $0 % 2 }, keeping: .both)
      .delay(by: .milliseconds(2))
      .debounce(for: .milliseconds(2), maxWait: .milliseconds(6), by: { $0 % 3 })
    for seed in 0..<6 {
      CutTest(RateLog(seed).happenings, room: 1 + seed % 3) { flow.chain }.expectSameWhereverCut()
    }
  }

  @Test func `a chain gives the same in any batches`() async throws {
    let flow = Topic<Int>("t").flow()
      .audit(for: .milliseconds(3), by: { $0 % 4 })
      .delay(by: .milliseconds(2))
      .throttle(for: .milliseconds(4), by: { $0 % 2 }, keeping: .both)
    for seed in 0..<6 {
      let readings = try await RateLog(seed).readings(flow.chain)
      for reading in readings { #expect(reading == readings[0], "seed \(seed)") }
    }
  }
}
