// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators
import Streams
import Testing
import WeirTesting

@testable import Sinks

/// Chains in JSON beside the same chains in Swift, over the same random logs.
@Suite struct ChainOracleTests {
  /// The numbers of the events that a chain lets through, in order.
  private func numbers(_ text: String, _ log: [LoggedEvent]) throws -> [Int?] {
    let plan = try plan(text)
    return try ChainRun.whole(log) { plan.flow($0) }.map(\.number)
  }

  private func readings(
    _ topic: Topic<Event>
  ) -> Flow<
    Fused<Identity<Event>, CompactMap<Event, Reading, Never>>
  > {
    topic.flow(from: .earliest, watermarks: .bounded(by: .seconds(1))).compactMap {
      Reading($0, $1)
    }
  }

  @Test(arguments: 1...3) func `a filter is that of Swift`(seed: Int) throws {
    let log = ChainLogs.random(seed, count: 400)
    let ours = try numbers(#"[{"filter":"type == 'purchase' && data.ms > 100"}]"#, log)
    let theirs = try ChainRun.whole(log) { topic in
      readings(topic).filter { $0.type == "purchase" && ($0.ms ?? 0) > 100 }
    }
    #expect(ours == theirs.map(\.number))
    #expect(!ours.isEmpty)
  }

  @Test(
    arguments: [("leading", ThrottleKeeping.first), ("latest", .latest), ("both", .both)],
    1...3
  )
  func `throttle is that of Swift`(keep: (String, ThrottleKeeping), seed: Int) throws {
    let log = ChainLogs.random(seed, count: 400)
    let text = #"[{"throttle":{"every":"500ms","by":"data.job","keep":"\#(keep.0)"}}]"#
    let theirs = try ChainRun.whole(log) { topic in
      readings(topic).throttle(for: .milliseconds(500), by: \.job, keeping: keep.1)
    }
    #expect(try numbers(text, log) == theirs.map(\.number))
    let all = try ChainRun.whole(log) { topic in
      readings(topic).throttle(for: .milliseconds(500), keeping: keep.1)
    }
    let unkeyed = #"[{"throttle":{"every":"500ms","keep":"\#(keep.0)"}}]"#
    #expect(try numbers(unkeyed, log) == all.map(\.number))
    #expect(theirs.count > all.count)
  }

  @Test(arguments: [("release", KeyLimit.Overflow.releaseFirst), ("refuse", .refuse)])
  func `keys beyond the limit go as in Swift`(beyond: (String, KeyLimit.Overflow)) throws {
    let log = ChainLogs.random(4, count: 400)
    let text = #"""
      [{"throttle":{"every":"2s","by":"data.job","keys":3,"beyond":"\#(beyond.0)"}}]
      """#
    let theirs = try ChainRun.whole(log) { topic in
      readings(topic).throttle(
        for: .seconds(2),
        by: \.job,
        keys: KeyLimit(3, overflow: beyond.1)
      )
    }
    #expect(try numbers(text, log) == theirs.map(\.number))
  }

  @Test(arguments: 1...3) func `debounce and sample are those of Swift`(seed: Int) throws {
    let log = ChainLogs.random(seed, count: 400)
    let debounced = try ChainRun.whole(log) { topic in
      readings(topic).debounce(for: .milliseconds(300), maxWait: .seconds(2), by: \.job)
    }
    let debounce = #"[{"debounce":{"for":"300ms","maxWait":"2s","by":"data.job"}}]"#
    #expect(try numbers(debounce, log) == debounced.map(\.number))
    let sampled = try ChainRun.whole(log) { topic in
      readings(topic).sample(every: .milliseconds(700), by: \.region)
    }
    let sample = #"[{"sample":{"every":"700ms","by":"data.region"}}]"#
    #expect(try numbers(sample, log) == sampled.map(\.number))
    let all = try ChainRun.whole(log) { readings($0).sample(every: .seconds(1)) }
    #expect(try numbers(#"[{"sample":"1s"}]"#, log) == all.map(\.number))
  }

  @Test(arguments: 1...3) func `the newest of each key is that of Swift`(seed: Int) throws {
    let log = ChainLogs.random(seed, count: 400)
    var newest: [String?: Timestamp] = [:]
    var expected: [Int] = []
    for reading in try ChainRun.whole(log, readings)
    where reading.time >= newest[reading.job] ?? .distantPast {
      newest[reading.job] = reading.time
      expected.append(reading.number)
    }
    #expect(try numbers(#"[{"latest":{"by":"data.job"}}]"#, log) == expected)
    #expect(expected.count < log.count)
    let merged = try ChainRun.whole(log) { topic in
      readings(topic).conflate(within: .seconds(1), by: \.job) { held, reading in
        if reading.time >= held.time { held = reading }
      }
    }
    let text = #"[{"latest":{"by":"data.job","every":"1s"}}]"#
    #expect(try numbers(text, log) == merged.map(\.number))
  }

  @Test(arguments: 1...3) func `distinct and limit are those of Swift`(seed: Int) throws {
    let log = ChainLogs.random(seed, count: 400)
    let within = try ChainRun.whole(log) { topic in
      readings(topic).removeDuplicates(by: \.ms, within: .seconds(3))
    }
    // A text is another value than nothing, so only events with a number are compared.
    let only = #"{"filter":"data.ms > -1000.0"}"#
    let text = #"[\#(only),{"distinct":{"by":"data.ms","within":"3s"}}]"#
    let numbersOnly = within.filter { $0.ms != nil }.map(\.number)
    #expect(try numbers(text, log) == numbersOnly)
    let among = try ChainRun.whole(log) { topic in
      readings(topic).removeDuplicates(by: \.job, amongLast: 3)
    }
    let bounded = #"[{"distinct":{"by":"data.job","keys":3}}]"#
    #expect(try numbers(bounded, log) == among.map(\.number))
    #expect(try numbers(#"[{"limit":7}]"#, log) == Array(0..<7))
    let limited = try ChainRun.whole(log) { topic in
      readings(topic).rateLimit(3, per: .seconds(1), by: \.region)
    }
    let rate = #"[{"limit":{"count":3,"every":"1s","by":"data.region"}}]"#
    #expect(try numbers(rate, log) == limited.map(\.number))
  }

  // MARK: Windows

  private func shown<Value>(
    _ result: WindowResult<String?, Value>,
    _ value: (Value) -> String
  ) -> String {
    let times = [result.start, result.end].map { RFC3339.format(milliseconds: $0.milliseconds) }
    let key = result.key.map { "\"\($0)\"" } ?? "null"
    let replaced = result.replaces.map { range in
      let times = [range.lowerBound, range.upperBound]
        .map { RFC3339.format(milliseconds: $0.milliseconds) }
      return #"{"start":"\#(times[0])","end":"\#(times[1])"}"#
    }
    let replaces =
      replaced.isEmpty ? "" : #""replaces":[\#(replaced.joined(separator: ","))],"#
    return #"{"start":"\#(times[0])","end":"\#(times[1])","key":\#(key),"#
      + #""revision":\#(result.revision),"isFinal":\#(result.isFinal),\#(replaces)\#(value(result.value))}"#
  }

  private func check<Chain: Operator>(
    _ window: String,
    _ log: [LoggedEvent],
    _ build: (Topic<Event>) -> Flow<Chain>
  ) throws where Chain.Output == WindowResult<String?, (Int, Int)> {
    let aggregate = #"{"aggregate":{"n":"count","sum":{"sum":"data.i"}}}"#
    let plan = try plan("[{\"window\":\(window)},\(aggregate)]")
    let ours = try ChainRun.whole(log) { plan.flow($0) }
      .map { String(decoding: $0.data, as: UTF8.self) }
    let theirs = try ChainRun.whole(log, build)
      .map { shown($0) { #""n":\#($0.0),"sum":\#($0.1)"# } }
    #expect(ours == theirs)
    #expect(ours.count > 10)
  }

  @Test(arguments: 1...4) func `windows are those of Swift`(seed: Int) throws {
    let log = ChainLogs.random(seed, count: 500, disorder: 3_000)
    try check(
      #"{"tumbling":"2s","by":"data.region","at":"time","lateness":"1s"}"#,
      log
    ) { topic in
      readings(topic)
        .window(.tumbling(.seconds(2)), by: \.region, at: \.time, lateness: .seconds(1))
        .aggregate {
          Count()
          Sum(of: \.number)
        }
    }
    try check(#"{"tumbling":"2s","by":"data.region"}"#, log) { topic in
      readings(topic).window(.tumbling(.seconds(2)), by: \.region).aggregate {
        Count()
        Sum(of: \.number)
      }
    }
    try check(
      #"{"sliding":{"size":"6s","every":"2s"},"by":"data.region","at":"time"}"#,
      log
    ) { topic in
      readings(topic)
        .window(.sliding(.seconds(6), every: .seconds(2)), by: \.region, at: \.time)
        .aggregate {
          Count()
          Sum(of: \.number)
        }
    }
    try check(
      #"{"session":{"gap":"500ms"},"by":"data.region","at":"time","lateness":"2s"}"#,
      log
    ) { topic in
      readings(topic)
        .window(
          .session(gap: .milliseconds(500)),
          by: \.region,
          at: \.time,
          lateness: .seconds(2)
        )
        .aggregate {
          Count()
          Sum(of: \.number)
        }
    }
    try check(#"{"count":{"size":6,"every":3},"by":"data.region","at":"time"}"#, log) { topic in
      readings(topic).window(.count(6, every: 3), by: \.region, at: \.time).aggregate {
        Count()
        Sum(of: \.number)
      }
    }
    try check(#"{"tumbling":"5s","by":"data.region","early":"1s"}"#, log) { topic in
      readings(topic).window(.tumbling(.seconds(5)), by: \.region)
        .triggering(early: .every(.seconds(1)))
        .aggregate {
          Count()
          Sum(of: \.number)
        }
    }
    try check(
      #"{"tumbling":"2s","by":"data.region","keys":4,"beyond":"release","at":"time"}"#,
      log
    ) { topic in
      readings(topic).window(.tumbling(.seconds(2)), by: \.region, at: \.time)
        .limited(to: 4, .evictOldest)
        .aggregate {
          Count()
          Sum(of: \.number)
        }
    }
  }

  @Test func `a running value is told for each event`() throws {
    let log = ChainLogs.random(9, count: 50)
    let plan = try plan(
      #"[{"window":{"global":true,"early":1}},{"aggregate":{"n":"count","sum":{"sum":"data.i"}}}]"#
    )
    let results = try ChainRun.whole(log) { plan.flow($0) }
      .map { String(decoding: $0.data, as: UTF8.self) }
    var sum = 0
    for number in 0..<50 {
      sum += number
      #expect(
        results[number]
          == #"{"start":null,"end":null,"revision":\#(number),"isFinal":false,"n":\#(number + 1),"sum":\#(sum)}"#
      )
    }
  }

  @Test(arguments: 1...3) func `the example of the protocol is that of Swift`(seed: Int) throws {
    let log = ChainLogs.random(seed, count: 600, disorder: 2_000)
    let plan = try plan(
      """
      [{"filter":"type == 'purchase' && data.i > 10"},
       {"throttle":{"every":"500ms","by":"data.job","keep":"latest"}},
       {"window":{"tumbling":"10s","by":"data.region","at":"time","lateness":"5s"}},
       {"aggregate":{"n":"count","p99":{"quantile":[0.99,"data.i"]}}}]
      """
    )
    let ours = try ChainRun.whole(log) { plan.flow($0) }
      .map { String(decoding: $0.data, as: UTF8.self) }
    let theirs = try ChainRun.whole(log) { topic in
      readings(topic).filter { $0.type == "purchase" && $0.number > 10 }
        .throttle(for: .milliseconds(500), by: \.job)
        .window(.tumbling(.seconds(10)), by: \.region, at: \.time, lateness: .seconds(5))
        .aggregate {
          Count()
          Quantiles(of: \.number, at: [0.99], bucketLimit: 1_024)
        }
    }
    let expected = theirs.map { result in
      shown(result) { value in
        var writer = JSONWriter()
        writer.value(value.1.values[0])
        return #""n":\#(value.0),"p99":\#(String(decoding: writer.bytes, as: UTF8.self))"#
      }
    }
    #expect(ours == expected)
    #expect(ours.count > 10)
  }
}
