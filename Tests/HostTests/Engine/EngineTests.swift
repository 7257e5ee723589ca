// SPDX-License-Identifier: Apache-2.0
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
