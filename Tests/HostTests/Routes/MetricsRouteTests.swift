// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host

@Suite struct MetricsRouteTests {
  private static func copy(_ topics: TopicDirectory) throws -> [any RunnablePipeline] {
    [try topics.topic("a").flow(from: .earliest).pipeline("copy", into: try topics.topic("b"))]
  }

  /// Reads exposition format 0.0.4 strictly; answers the value of each sample.
  private static func samples(_ text: String) throws -> [String: Double] {
    try #require(text.hasSuffix("\n"))
    var samples: [String: Double] = [:]
    var (helped, family): (String?, String?) = (nil, nil)
    var closed: Set<String> = []
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("# HELP ") {
        helped = String(line.dropFirst(7).prefix { $0 != " " })
        #expect(!closed.contains(helped ?? ""), "a family stands together")
      } else if line.hasPrefix("# TYPE ") {
        let words = line.split(separator: " ")
        #expect(words.count == 4 && ["counter", "gauge"].contains(words[3]))
        family = String(words[2])
        #expect(family == helped)
        closed.insert(String(words[2]))
        #expect((words[3] == "counter") == words[2].hasSuffix("_total"))
      } else {
        let pattern =
          /([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\]|\\["\\n])*")*\})? (\d+)/
        let match = try #require(try pattern.wholeMatch(in: line), "\(line)")
        #expect(String(match.1) == family)
        let key = String(match.1) + String(match.2 ?? "")
        #expect(samples[key] == nil, "\(key) is there twice")
        samples[key] = Double(match.3)
      }
    }
    return samples
  }

  @Test func `the metrics are valid and count what happened`() async throws {
    try await withServer(pipelines: Self.copy) { server in
      try server.publish("a", "[1,2]")
      try server.publish("q%22%5Cx", "3")
      _ = try server.answer("GET", "/nothing")
      let socket = try TestSocket(server)
      try socket.send(#"{"id":1,"connect":{}}"# + "\n" + #"{"id":2,"subscribe":{"channel":"a"}}"#)
      _ = try (socket.next(), socket.next())
      try server.publish("a", "3")
      _ = try socket.next()
      let answer = try server.answer("GET", "/metrics")
      #expect(answer.fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
      let samples = try Self.samples(answer.text)
      #expect(samples[#"weir_topic_published_total{topic="a"}"#] == 3)
      #expect(samples[#"weir_topic_published_total{topic="q\"\\x"}"#] == 1)
      #expect(samples[#"weir_topic_entries{topic="a"}"#] == 3)
      #expect(samples[#"weir_sessions{kind="websocket"}"#] == 1)
      #expect(samples[#"weir_sessions{kind="sse"}"#] == 0)
      #expect(samples[#"weir_http_responses_total{class="4xx"}"#] == 1)
      #expect(samples["weir_encoded_total"] == 1)
      #expect(samples[#"weir_pipeline_held_back{pipeline="copy"}"#] == 0)
    }
  }

  @Test func `label values are escaped scalar by scalar`() throws {
    var text = MetricsText()
    text.family("weir_x", "gauge", "X.")
    text.sample("weir_x", 1, ["a": "\r\n\\\""])
    #expect(text.text == "# HELP weir_x X.\n# TYPE weir_x gauge\nweir_x{a=\"\r\\n\\\\\\\"\"} 1\n")
  }

  @Test func `pipelines tell what they are and have done`() async throws {
    try await withServer(pipelines: Self.copy) { server in
      try server.publish("a", "[1,2]")
      let client = try server.connect()
      try client.request(
        "GET",
        "/v1/events?topic=b&after=b:\(try server.topics.topic("b").epoch):0"
      )
      _ = try client.read(until: "data: 2\n")
      let pipeline = try #require(
        try server.answer("GET", "/v1/pipelines").json()["pipelines"]?.elements.first
      )
      #expect(pipeline["name"]?.string == "copy")
      #expect(pipeline["input"]?.string == "a")
      #expect(pipeline["output"]?.string == "b")
      #expect(pipeline["state"]?.string == "running")
      #expect(pipeline["watermark"]?.isNull == true)
      #expect(pipeline["error"] == nil)
    }
  }
}
