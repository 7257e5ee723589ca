// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing

@testable import Host

@Suite struct EngineTests {
  private func pipelines(
    _ pairs: [(String, String)],
    _ topics: TopicDirectory
  ) throws -> [any RunnablePipeline] {
    try pairs.map { from, to in
      try topics.topic(from).flow(from: .earliest).pipeline("\(from)-\(to)", into: topics.topic(to))
    }
  }

  @Test(arguments: [
    [("a", "a")], [("a", "b"), ("b", "a")], [("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")],
    [("a", "b"), ("a", "c"), ("c", "d"), ("d", "c")],
  ])
  func `pipelines in a circle are refused`(pairs: [(String, String)]) throws {
    let topics = TopicDirectory()
    let pipelines = try pipelines(pairs, topics)
    #expect {
      try Engine(topics: topics, pipelines: pipelines)
    } throws: { error in
      guard case .cycle(let names) = error as? Engine.Failure else { return false }
      return names.count >= 2 && names.first == names.last && "\(error)".contains(" → ")
    }
  }

  @Test func `two pipelines of one name are refused`() throws {
    let topics = TopicDirectory()
    let pipelines = try pipelines([("a", "b"), ("a", "b")], topics)
    #expect {
      try Engine(topics: topics, pipelines: pipelines)
    } throws: { error in
      "\(error)".contains("two pipelines are called 'a-b'")
    }
  }

  @Test func `a pipeline that fails is told of, the others go on`() async throws {
    struct Broken: Error {}
    let topics = TopicDirectory()
    let (a, b) = (try topics.topic("a"), try topics.topic("b"))
    let failing = a.flow(from: .earliest).map { (_: Event) throws -> Event in throw Broken() }
    let engine = try Engine(
      topics: topics,
      pipelines: [
        failing.pipeline("failing", into: b), try pipelines([("a", "c")], topics)[0],
      ]
    )
    try await a.publish([Event(data: [49])])
    let (lines, told) = AsyncStream<String>.makeStream()
    let running = Task { await engine.run { told.yield($0) } }
    var iterator = lines.makeAsyncIterator()
    let line = await iterator.next() ?? ""
    #expect(line.contains("failing") && line.contains("Broken"))
    let cursor = Cursor(try topics.topic("c"), from: .earliest)
    let batch = try await cursor.next(limit: 1)
    #expect(batch?.isEmpty == false)
    running.cancel()
    await running.value
  }

  @Test func `pipelines that meet again are no circle`() throws {
    let topics = TopicDirectory()
    let pairs = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e")]
    #expect(throws: Never.self) {
      try Engine(topics: topics, pipelines: pipelines(pairs, topics))
    }
  }

  @Test func `the standard pipelines are no circle`() throws {
    let topics = TopicDirectory()
    let standard = StandardPipelines(topics: topics, settings: PipelineSettings())
    #expect(throws: Never.self) { try Engine(topics: topics, pipelines: standard.make()) }
  }

  @Test func `an access request needs its four fields`() {
    func request(_ json: String) -> AccessRequest? {
      AccessRequest(Event(data: Array(json.utf8)), appended: 5)
    }
    let whole = request(#"{"client":"c","path":"/","status":200,"bytes":7,"more":[]}"#)
    #expect(whole?.client == "c" && whole?.bytes == 7 && whole?.time == 5)
    for json in [
      "1", "[]", #"{"client":"c","path":"/","status":200}"#,
      #"{"client":1,"path":"/","status":200,"bytes":7}"#,
      #"{"client":"c","path":"/","status":"200","bytes":7}"#,
    ] { #expect(request(json) == nil) }
    let text = Event(data: Array("x".utf8), format: .text)
    #expect(AccessRequest(text, appended: 0) == nil)
  }
}
