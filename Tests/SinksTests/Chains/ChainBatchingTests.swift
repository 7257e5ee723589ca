// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Sinks

/// Chains that are put together at random.
enum ChainMaker {
  static func random(_ random: inout SeededGenerator) -> String {
    var stages: [String] = []
    var isReading = true
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      stages += stage(isReading: &isReading, &random)
    }
    return "[\(stages.joined(separator: ","))]"
  }

  private static func stage(
    isReading: inout Bool,
    _ random: inout SeededGenerator
  ) -> [String] {
    let key =
      isReading
      ? ["data.job", "data.region", "data.ms", "type"].randomElement(using: &random) ?? ""
      : "data.key"
    let number = isReading ? "data.ms" : "data.n"
    let keys = Bool.random(using: &random) ? #","keys":2"# : ""
    let beyond = Bool.random(using: &random) ? #","beyond":"refuse""# : #","beyond":"release""#
    let interval = "\(Int.random(in: 1...15, using: &random) * 100)ms"
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return [#"{"filter":"has(data.i) || data.n > 1"}"#]
    case 1:
      let keep = ["leading", "latest", "both"].randomElement(using: &random) ?? ""
      return [
        #"{"throttle":{"every":"\#(interval)","by":"\#(key)","keep":"\#(keep)"\#(keys)\#(beyond)}}"#
      ]
    case 2: return [#"{"debounce":{"for":"\#(interval)","maxWait":"5s","by":"\#(key)"\#(keys)}}"#]
    case 3: return [#"{"sample":{"every":"\#(interval)","by":"\#(key)"\#(keys)}}"#]
    case 4: return [#"{"latest":{"by":"\#(key)"\#(keys)\#(beyond)}}"#]
    case 5: return [#"{"latest":{"by":"\#(key)","every":"\#(interval)"\#(keys)}}"#]
    case 6: return [#"{"distinct":{"by":"\#(number)","within":"2s"\#(keys)}}"#]
    case 7:
      return [#"{"limit":{"count":2,"every":"\#(interval)","by":"\#(key)"\#(keys)\#(beyond)}}"#]
    default:
      isReading = false
      let kind =
        [
          #""tumbling":"\#(interval)""#, #""tumbling":"\#(interval)","at":"time","lateness":"1s""#,
          #""sliding":{"size":"2s","every":"500ms"},"at":"time""#,
          #""sliding":{"size":"2s","every":"1s"}"#,
          #""session":"\#(interval)","at":"time","lateness":"500ms""#, #""session":"\#(interval)""#,
          #""count":{"size":4,"every":2}"#, #""global":true,"early":3"#,
          #""tumbling":"2s","at":"time","early":"300ms""#,
          #""tumbling":"1s","at":"time","disorder":"300ms","silence":"2s""#,
        ].randomElement(using: &random) ?? ""
      return [
        #"{"window":{\#(kind),"by":"\#(key)"\#(keys)\#(beyond)}}"#,
        #"{"aggregate":{"n":"count","s":{"sum":"\#(number)"},"q":{"quantile":[[0.1,0.9],"\#(number)"]},"d":{"distinct":[2,"\#(number)"]},"t":{"topk":[2,"\#(key)"]}}}"#,
      ]
    }
  }
}

@Suite struct ChainBatchingTests {
  /// A chain that is allowed: one may say twice how the watermark is made, and is made anew then.
  static func allowed(_ random: inout SeededGenerator) -> ChainPlan {
    while true {
      if let plan = try? plan(ChainMaker.random(&random)) { return plan }
    }
  }

  @Test(arguments: 0..<60) func `what comes out does not depend on how it is read`(seed: Int) throws
  {
    var random = SeededGenerator(UInt64(seed))
    let plan = Self.allowed(&random)
    let log = ChainLogs.random(seed, count: 300, disorder: 2_000)
    for attempt in 1...3 {
      let outputs = try ChainRun.live(log, seed: seed * 10 + attempt) { plan.flow($0) }
      let isSame = outputs.live.map(\.shown) == outputs.replayed.map(\.shown)
      #expect(isSame, "\(String(decoding: plan.canonicalForm, as: UTF8.self))")
    }
  }
}
