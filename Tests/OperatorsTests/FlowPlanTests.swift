// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct FlowPlanTests {
  private let clock = ManualClock(0)

  @Test func `a pipeline is drawn and explained by the value that runs`() async throws {
    let requests = Topic<Int>("requests", clock: clock)
    let sink = ProbeSink<Int>("counts")
    let pipeline = requests.flow(from: .earliest).filter { $0 > 10 }.map { $0 * 2 }
      .reduce(into: 0) { $0 += $1 }.pipeline("sum", into: sink)
    #expect(
      pipeline.statistics.plan.mermaid() == """
        flowchart LR
          n0[("topic requests")]
          n1["filter"]
          n2["map"]
          n3["reduce"]
          n0 --> n1
          n1 --> n2
          n2 --> n3

        """
    )
    try await requests.publish(Array(1...100))
    requests.close()
    try await pipeline.run()
    let plan = pipeline.statistics.plan
    #expect(
      plan.explanation == """
        topic requests: 100 in
          filter: 100 in, 90 out, dropped 10
          map: 90 in, 90 out
          reduce: 90 in

        """
    )
    #expect(
      plan.mermaid(into: pipeline.outputName) == """
        flowchart LR
          n0[("topic requests")]
          n1["filter<br>dropped 10"]
          n2["map"]
          n3["reduce"]
          n4[("counts")]
          n0 -->|100| n1
          n1 -->|90| n2
          n2 -->|90| n3
          n3 --> n4

        """
    )
    #expect(
      plan.dot(into: "counts") == """
        digraph flow {
          rankdir=LR;
          n0 [label="topic requests", shape=cylinder];
          n1 [label="filter\\ndropped 10", shape=box];
          n2 [label="map", shape=box];
          n3 [label="reduce", shape=box];
          n4 [label="counts", shape=cylinder];
          n0 -> n1 [label="100"];
          n1 -> n2 [label="90"];
          n2 -> n3 [label="90"];
          n3 -> n4 [label=""];
        }

        """
    )
  }

  @Test func `inputs of a merge are drawn with what each let through`() async throws {
    let web = Topic<Int>("web", clock: clock)
    let api = Topic<Int>("api", clock: clock)
    try await web.publish([1, 2, 3])
    try await api.publish([4, 5])
    web.close()
    api.close()
    let flow = web.flow(from: .earliest).filter { $0 > 1 }
      .merge(api.flow(from: .earliest)).map { $0 }
    let pipeline = flow.pipeline("all", into: ProbeSink<Int>())
    try await pipeline.run()
    #expect(
      pipeline.statistics.plan.explanation == """
        merge: 4 in
          ← topic web: 3 in
          ←   filter: 3 in, 2 out, dropped 1
          ← topic api: 2 in
          map: 4 in, 4 out

        """
    )
  }

  @Test func `names can't break out of a drawing`() {
    let plan = FlowPlan("topic", name: "a\"]<script>\n`#\\")
    #expect(
      plan.mermaid() == "flowchart LR\n  n0[(\"topic a#34;]#60;script#62; #96;#35;\\\")]\n"
    )
    #expect(plan.dot().contains("topic a\\\"]<script> `#\\\\\""))
  }

  @Test func `what runs in tasks of its own is explained as what runs in one`() async throws {
    let topic = Topic<Int>("a")
    try await topic.publish(Array(0..<100))
    topic.close()
    let source = topic.flow(from: .earliest).filter { $0 % 10 != 0 }
    let flows: [(String, any FlowSource<Int>, String)] = [
      ("buffer", source.buffer(upTo: 7).map { $0 }, "buffer: 90 in, 90 out"),
      (
        "mapAsync", source.mapAsync(concurrency: 3) { $0 }.map { $0 },
        "mapAsync: 90 in, 90 out, succeeded 90"
      ),
      ("retry", source.retry(atMost: 1).map { $0 }, "retry: 90 in, 90 out"),
      (
        "partitioned",
        source.partitioned(by: { $0 }, into: 2) { $0.filter { $0 % 2 == 0 } }.map { $0 },
        "partitioned: 90 in, 90 out, partitions 2\n  filter: 90 in, 40 out, dropped 50"
      ),
    ]
    for (name, flow, expected) in flows {
      #expect(flow.plan.explanation.hasPrefix("topic a\n  filter\n  \(name)\n"))
      let reader = flow.makeReader()
      while try await reader.next() != nil {}
      let explanation = try #require(reader.plan?.explanation)
      #expect(
        explanation.hasPrefix(
          "topic a: 100 in\n  filter: 100 in, 90 out, dropped 10\n  \(expected)"
        )
      )
    }
  }
}
