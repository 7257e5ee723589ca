// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct EarlyEndTests {
  private let clock = ManualClock(0)

  @Test(arguments: [1, 5, 256, 257, 600])
  func `an operator that is done ends the flow though its source goes on`(count: Int) async throws {
    let topic = Topic<String>("t", clock: clock)
    try await topic.publish((0..<700).map { "\($0)" })
    var seen: [String] = []
    for try await text in topic.flow(from: .earliest).apply(Few(count)) { seen.append(text) }
    #expect(seen == (0..<count).map { "\($0)" } + ["end"])
    #expect(topic.statistics.heldLag == 0, "its place in the source is given up")
  }

  @Test func `what stands before and behind comes to its end too`() async throws {
    let topic = Topic<String>("t", clock: clock)
    try await topic.publish(["3", "1", "2", "7"])
    let flow = topic.flow(from: .earliest).apply(Expand()).apply(Few(4)).apply(Expand())
    let sink = ProbeSink<String>()
    let pipeline = flow.pipeline("p", into: sink)
    try await pipeline.run()
    #expect(pipeline.statistics.state == .finished)
    #expect(sink.marks == [.watermark(.never)])
    let first = Marbles<String>(steps: [["3", "1", "2", "7"]], isEnded: true).through(Expand())
    let four = Array(first.steps[0].prefix(4)) + ["end"]
    let all = Marbles<String>(steps: [four], isEnded: true).through(Expand())
    #expect(sink.elements == all.steps[0])
  }

  @Test func `a flow that is done before it starts gives its last word`() async throws {
    let topic = Topic<String>("t", clock: clock)
    var seen: [String] = []
    for try await text in topic.flow().apply(Few(0)) { seen.append(text) }
    #expect(seen == ["end"])
  }
}
