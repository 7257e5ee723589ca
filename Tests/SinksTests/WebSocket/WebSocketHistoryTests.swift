// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct WebSocketHistoryTests {
  /// The offsets of a page of a topic that keeps 11 to 20, or the error's code.
  private func page(_ rest: String) throws -> [Int] {
    let harness = try SocketHarness(rules: .init { _ in Retention(maximumCount: 10) })
    let topic = try harness.topic("a")
    topic.appendNumbers(1...5)
    topic.appendNumbers(6...10)
    topic.appendNumbers(11...15)
    topic.appendNumbers(16...20)
    let place = rest.replacing("EPOCH", with: "\(topic.epoch)")
    harness.send("{\"id\":2,\"history\":{\"channel\":\"a\"\(place)}}")
    let answer = try #require(try harness.next())
    let view = try JSONView.parse(Array(answer.utf8))
    if let code = view["error"]?["code"]?.int { return [-code] }
    let history = try #require(view["history"])
    #expect(history["offset"]?.int == 20)
    #expect(history["epoch"]?.string == "\(topic.epoch)")
    return history["publications"]?.elements.compactMap { $0["offset"]?.int } ?? []
  }

  @Test(arguments: [
    ("", []), (#","limit":0"#, []), (#","limit":3"#, [11, 12, 13]),
    (#","limit":-1"#, Array(11...20)), (#","limit":3,"reverse":true"#, [20, 19, 18]),
    (#","limit":2,"since":{"epoch":"EPOCH","offset":15}"#, [16, 17]),
    (#","limit":2,"since":{"epoch":"EPOCH","offset":10}"#, [11, 12]),
    (#","limit":9,"since":{"epoch":"EPOCH","offset":20}"#, []),
    (#","limit":2,"since":{"epoch":"EPOCH","offset":9}"#, [-112]),
    (#","limit":2,"since":{"epoch":"EPOCH","offset":21}"#, [-112]),
    (#","limit":2,"since":{"epoch":"zz","offset":15}"#, [-112]),
    (#","limit":9,"since":{"epoch":"EPOCH","offset":13},"reverse":true"#, [12, 11]),
    (#","limit":9,"since":{"epoch":"EPOCH","offset":3},"reverse":true"#, []),
    (#","limit":"x""#, [-107]), (#","since":7"#, [-107]),
  ])
  func `a page has what it asks for, or says why not`(request: String, offsets: [Int]) throws {
    #expect(try page(request) == offsets)
  }
}
