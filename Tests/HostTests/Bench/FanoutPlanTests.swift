// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct FanoutPlanTests {
  private func plan(_ words: String...) throws -> FanoutPlan {
    guard case .run(let parsed) = try ArgumentParser.parse(["fanout"] + words, for: usage) else {
      throw CommandFailure.failure("help was asked for")
    }
    return try FanoutPlan(parsed)
  }

  private let usage = BenchCommand().usage

  private func refusal(_ words: [String]) -> String {
    do {
      guard case .run(let parsed) = try ArgumentParser.parse(["fanout"] + words, for: usage) else {
        return "help"
      }
      return "\(try FanoutPlan(parsed))"
    } catch {
      return "\(error.status) \(error)"
    }
  }

  @Test func `without options one event is in flight for five seconds`() throws {
    let plan = try plan()
    #expect(plan == FanoutPlan())
    #expect(plan.load == .inFlight(1) && plan.length == .seconds(5) && plan.payloadBytes == 128)
  }

  @Test func `options say what is done`() throws {
    let plan = try plan(
      "--subscribers",
      "5000",
      "--rate",
      "100",
      "--events",
      "7",
      "--transport",
      "sse",
      "--publish",
      "ndjson",
      "--payload=64",
      "--slow",
      "1",
      "--pid",
      "1",
      "--pid",
      "2",
      "--warmup",
      "0",
      "--topic",
      "a.b"
    )
    #expect(plan.subscriberCount == 5_000 && plan.load == .rate(perSecond: 100))
    #expect(plan.length == .events(7) && plan.transport == .eventStream)
    #expect(plan.publishing == .lines && plan.payloadBytes == 64 && plan.slowCount == 50)
    #expect(plan.processes == [1, 2] && plan.warmUp == .zero && plan.topic == "a.b")
  }

  @Test func `a chain stands in each subscription as it was given`() throws {
    let plan = try plan("--pipe", #"[{"filter":"has(data.seq)"}]"#)
    let commands = FanoutDialect.weir.subscribeCommands(
      topics: ["bench"],
      pipe: plan.pipe,
      as: ServerCredentials()
    )
    let last = String(decoding: commands, as: UTF8.self).split(separator: "\n").last
    #expect(
      last
        == #"{"id":2,"subscribe":{"channel":"bench","data":{"gaps":true,"pipe":[{"filter":"has(data.seq)"}]}}}"#
    )
  }

  @Test(
    arguments: [
      (["--rate", "0"], "--rate"),
      (["--rate", "1", "--in-flight", "1"], "--rate, --in-flight and --idle"),
      (["--events", "1", "--seconds", "1"], "--events and --seconds"),
      (["--payload", "63"], "--payload"),
      (["--transport", "udp"], "ws, sse"),
      (["--dialect", "mqtt"], "weir, raw, nchan"),
      (["--pid", "-3"], "--pid"),
      (["--topic", "a b"], "--topic"),
      (["--topic", "ä"], "--topic"),
      (["--subscriptions", "2"], "--topics"),
      (["--pipe", "{}"], "--pipe does not take '{}'"),
      (["--pipe", "[{"], "as JSON"),
      (["--pipe", "[]", "--transport", "sse"], "--transport ws only"),
      (["--pipe", "[]", "--dialect", "raw"], "--dialect weir"),
      (["--dialect", "raw", "--publish", "ws"], "--publish http"),
      (["--dialect", "nchan", "--topics", "2"], "--topics"),
      (["--publish", "ndjson", "--topics", "2"], "--topics"),
      (["--idle", "--events", "5"], "--seconds"),
      (["--subscriber", "5"], "--subscribers"),
    ]
  )
  func `a mistake names the option`(words: [String], named: String) {
    let told = refusal(words)
    #expect(told.hasPrefix("2 weir: ") && told.contains(named), "\(told)")
  }

  @Test func `topics of a series have six digits`() throws {
    let plan = try plan("--topics", "1000000")
    #expect(plan.topicName(0) == "bench.000000" && plan.topicName(999_999) == "bench.999999")
    #expect(try self.plan().topicName(0) == "bench")
  }

  @Test func `subscriptions are spread, different for one subscriber, and come again`() {
    let plan = SubscriptionPlan(subscribers: 100, each: 10, topics: 20, seed: 5)
    #expect(plan == SubscriptionPlan(subscribers: 100, each: 10, topics: 20, seed: 5))
    #expect(plan.topics.allSatisfy { Set($0).count == 10 })
    #expect(plan.readerCounts.reduce(0, +) == 1_000)
    #expect(plan.readerCounts.allSatisfy { $0 > 0 })
  }

  @Test func `slow subscribers are as many as asked for, and spread`() throws {
    let plan = try plan("--subscribers", "1000", "--slow", "1")
    let slow = (0..<1_000).filter { FanoutDriver.isSlow($0, plan) }
    #expect(slow.count == plan.slowCount && plan.slowCount == 10)
    #expect(zip(slow, slow.dropFirst()).allSatisfy { $1 - $0 == 100 })
  }

  @Test func `what publishes an event is stamped with its topic and number`() throws {
    let plan = try plan("--topics", "200")
    let server = try ServerAddress(url: "http://127.0.0.1:1", from: "a test")
    let marker = EventMarker(topic: 123, number: 4, index: 56)
    var template = PublishTemplate.request(plan, server: server, run: "0123abcd")
    let request = String(decoding: template.stamped(marker), as: UTF8.self)
    #expect(request.hasPrefix("POST /v1/topics/bench.000123/events HTTP/1.1\r\n"))
    #expect(request.contains(#"{"seq":"0123abcd-000123-000000004-000000056""#))
    var command = PublishTemplate.command(plan, run: "0123abcd")
    let text = String(decoding: command.stamped(marker), as: UTF8.self)
    #expect(text.hasPrefix(#"{"id":1000000056,"publish":{"channel":"bench.000123","data":{"seq":"#))
    #expect(text.hasSuffix("}}"))
  }
}
