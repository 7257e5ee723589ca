// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct ChainPlanTests {
  static let example = """
    [{"filter":"type == 'purchase' && data.amount > 100"},
     {"throttle":{"every":"500ms","by":"data.job","keep":"latest"}},
     {"window":{"tumbling":"10s","by":"data.region","at":"time","lateness":"5s"}},
     {"aggregate":{"n":"count","p99":{"quantile":[0.99,"data.ms"]}}}]
    """

  @Test func `the example of the protocol is understood`() throws {
    let plan = try plan(Self.example)
    #expect(plan.stages.map(\.stage.name) == ["filter", "throttle", "window"])
    #expect(plan.stages.map(\.number) == [1, 2, 3])
    #expect(plan.cost.total < 100)
  }

  @Test(arguments: [
    (
      #"[{"throttle":{"every":"1000ms","by":"data.a"}}]"#,
      #"[ {"throttle" : {"by":"data['a']","keep":"latest","every":"1s","beyond":"release"}}]"#
    ),
    (
      #"[{"throttle":"1m"}]"#, #"[{"throttle":{"every":"60s","keep":"latest"}}]"#
    ),
    (
      #"[{"filter":"type == 'a'"}]"#, #"[{"filter":"  'a'==type"}]"#
    ),
    (
      #"[{"window":{"session":"30s"}},{"aggregate":{"a":"count","b":{"sum":"data.x"}}}]"#,
      #"[{"window":{"beyond":"refuse","session":{"gap":"30000ms"},"at":"appended"}},{"aggregate":{"b":{"sum":"data.x"},"a":"count"}}]"#
    ),
    (
      #"[{"select":{"a":"data.a","b":1}}]"#, #"[{"select":{"b":{"literal":1},"a":"data[\"a\"]"}}]"#
    ),
    (#"[{"limit":5}]"#, #"[{"limit":{"count":5}}]"#),
    (#"[{"distinct":"data.id"}]"#, #"[{"distinct":{"by":"data.id"}}]"#),
    (
      #"[{"window":{"tumbling":"10s","at":"time"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"10s","at":"time","disorder":"1s","lateness":"0ms"}},{"aggregate":{"n":"count"}}]"#
    ),
  ]) func `chains that say the same are equal`(first: String, second: String) throws {
    let (first, second) = (try plan(first), try plan(second))
    #expect(
      String(decoding: first.canonicalForm, as: UTF8.self)
        == String(decoding: second.canonicalForm, as: UTF8.self)
    )
    #expect(first == second)
    #expect(first.hash == second.hash)
  }

  @Test func `chains that say something else differ`() throws {
    let texts = [
      #"[{"throttle":{"every":"1s","by":"data.a"}}]"#,
      #"[{"throttle":{"every":"2s","by":"data.a"}}]"#,
      #"[{"throttle":{"every":"1s","by":"data.b"}}]"#, #"[{"throttle":"1s"}]"#,
      #"[{"throttle":{"every":"1s","by":"data.a","keep":"both"}}]"#,
      #"[{"throttle":{"every":"1s","by":"data.a","keys":9}}]"#,
      #"[{"throttle":{"every":"1s","by":"data.a","beyond":"refuse"}}]"#,
      #"[{"throttle":{"every":"1s","by":"tags.a"}}]"#,
      #"[{"throttle":{"every":"1s","by":"data[0]"}}]"#,
      #"[{"throttle":{"every":"1s","by":"data['0']"}}]"#,
      #"[{"throttle":{"every":"1s","by":"data"}}]"#,
      #"[{"throttle":{"every":"1s","by":"tags.data"}}]"#,
      #"[{"sample":{"every":"1s","by":"data.a"}}]"#, #"[{"debounce":{"for":"1s","by":"data.a"}}]"#,
      #"[{"debounce":{"for":"1s","by":"data.a","maxWait":"2s"}}]"#, #"[{"limit":1}]"#,
      #"[{"limit":{"count":1,"every":"1s"}}]"#, #"[{"limit":1},{"limit":1}]"#,
      #"[{"latest":{"by":"data.a"}}]"#, #"[{"latest":{"by":"data.a","every":"1s"}}]"#,
      #"[{"distinct":{"by":"data.a"}}]"#, #"[{"distinct":{"by":"data.a","within":"1s"}}]"#,
      #"[{"select":{"a":"data.a"}}]"#, #"[{"select":{"a":"'data.a'"}}]"#,
      #"[{"select":{"a":{"literal":["data","a"]}}}]"#,
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"m":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","keys":5}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","beyond":"release"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"sliding":{"size":"1s","every":"1s"}}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"session":"1s"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"count":1000}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","at":"time","lateness":"1s"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","at":"time","disorder":"2s"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","at":"time","silence":"2s"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","by":"type"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":{"count":"data.a"}}}]"#,
      #"[{"window":{"tumbling":"1s","early":1000}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","early":"1000ms"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s","at":"time"}},{"aggregate":{"n":"count"}}]"#,
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":{"quantile":[0.5,"data.a"]}}}]"#,
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":{"quantile":[[0.5],"data.a"]}}}]"#,
    ]
    let plans = try texts.map { try plan($0) }
    #expect(Set(plans).count == texts.count)
    #expect(Set(plans.map(\.hash)).count == texts.count)
  }

  @Test func `the hash stays what it was`() throws {
    let plan = try plan(#"[{"limit":5}]"#)
    let form = String(decoding: plan.canonicalForm, as: UTF8.self)
    #expect(form == #"{"version":1,"pipe":[["limit",5]]}"#)
    #expect(String(plan.hash, radix: 36) == "2eual4k37rfjf")
  }

  @Test(arguments: [
    (#"{"filter":"true"}"#, "pipe: a list of stages is expected"),
    ("[]", "pipe: a chain has 1 to 16 stages, this has 0; leave pipe out"),
    ("[1]", "stage 1: a stage is an object with one operator"),
    (#"[{"limit":1,"filter":"true"}]"#, "stage 1: a stage has one operator"),
    ("[", "pipe: it is no JSON: "),
    (
      #"[{"limit":1},{"throtle":"1s"}]"#,
      "stage 2, field throtle: there is no such operator; did you mean 'throttle'? Write filter, "
    ),
    (#"[{"filter":1}]"#, "stage 1, field filter: an expression in a string is expected"),
    (
      #"[{"filter":"a = 1"}]"#,
      "stage 1, field filter: column 3, at =: no token begins like this; compare with =="
    ),
    (#"[{"throttle":{}}]"#, "stage 1, field throttle.every: a duration is missing"),
    (
      #"[{"throttle":{"every":500}}]"#,
      "stage 1, field throttle.every: a duration is expected; write a whole number and ms"
    ),
    (
      #"[{"throttle":{"every":"0s"}}]"#,
      "stage 1, field throttle.every: 0s is not allowed; write a duration from 1ms"
    ),
    (#"[{"throttle":"8d"}]"#, "stage 1, field throttle: 8d is not allowed"),
    (#"[{"throttle":"99999999999999999999s"}]"#, "stage 1, field throttle: a duration is expected"),
    (#"[{"throttle":"9223372036854775807d"}]"#, "stage 1, field throttle: a duration is expected"),
    (
      #"[{"throttle":{"every":"1s","kep":"latest"}}]"#,
      "stage 1, field throttle.kep: there is no such field; did you mean 'keep'? There are every, by, keep, keys, beyond"
    ),
    (
      #"[{"throttle":{"every":"1s","keep":"first"}}]"#,
      #"stage 1, field throttle.keep: the value is not one of those that there are; write one of "latest", "leading", "both""#
    ),
    (#"[{"throttle":{"every":"1s","keys":5}}]"#, "stage 1, field throttle.keys: there are no keys"),
    (
      #"[{"throttle":{"every":"1s","by":"data.a","keys":100001}}]"#,
      "stage 1, field throttle.keys: 100001 is not allowed"
    ),
    (
      #"[{"throttle":{"every":"1s","by":"data.a","keys":0}}]"#,
      "stage 1, field throttle.keys: 0 is not allowed"
    ),
    (
      #"[{"throttle":{"every":"1s","every":"2s"}}]"#,
      "stage 1, field throttle: the name every is there twice"
    ),
    (
      #"[{"throttle":{"every":"1s","by":"job"}}]"#,
      "stage 1, field throttle.by: column 1, at job: there is no such name"
    ),
    (
      #"[{"throttle":{"every":"1s","by":"data.a == 1"}}]"#,
      "stage 1, field throttle.by: an expression is no path"
    ),
    (#"[{"throttle":{"every":"1s","by":7}}]"#, "stage 1, field throttle.by: a path is expected"),
    (
      #"[{"debounce":{"for":"2s","maxWait":"1s"}}]"#,
      "stage 1, field debounce.maxWait: 1s is not allowed"
    ),
    (#"[{"latest":{}}]"#, "stage 1, field latest.by: a path is missing"),
    (#"[{"limit":0}]"#, "stage 1, field limit: 0 is not allowed"),
    (#"[{"limit":{"every":"1s"}}]"#, "stage 1, field limit.count: a number is missing"),
    (#"[{"select":{}}]"#, "stage 1, field select: 1 to 64 members can be written, not 0"),
    (#"[{"select":{"a":[]}}]"#, "stage 1, field select.a: a path or a literal is expected"),
    (#"[{"select":{"a":"size(data.x)"}}]"#, "stage 1, field select.a: nothing is computed here"),
    (
      #"[{"window":{"tumbling":"1s"}}]"#,
      "stage 1, field window: a window needs to know what to compute; put"
    ),
    (#"[{"window":{"tumbling":"1s"}},{"limit":1}]"#, "stage 1, field window: a window needs"),
    (
      #"[{"limit":1},{"aggregate":{"n":"count"}}]"#,
      "stage 2, field aggregate: an aggregate is computed in windows; put"
    ),
    (
      #"[{"window":{"by":"data.a"}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window: which windows there are is missing"
    ),
    (
      #"[{"window":{"tumbling":"1s","count":5}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window: windows are of one kind"
    ),
    (
      #"[{"window":{"sliding":{"size":"1s","every":"2s"}}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window.sliding.every: it is longer than the size"
    ),
    (
      #"[{"window":{"sliding":{"size":"10s","every":"1ms"}}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window.sliding.every: an element would be in more than 120 windows"
    ),
    (
      #"[{"window":{"tumbling":"1s","lateness":"1s"}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window.lateness: nothing is late here"
    ),
    (
      #"[{"window":{"tumbling":"1s","disorder":"1s"}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window.disorder or silence: nothing waits for event times here"
    ),
    (
      #"[{"window":{"global":true}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window.early: the window would never fire"
    ),
    (
      #"[{"window":{"count":5,"early":2}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window.early: a window by number fires"
    ),
    (
      #"[{"window":{"count":10001}},{"aggregate":{"n":"count"}}]"#,
      "stage 1, field window.count: 10001 is not allowed"
    ),
    (
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"start":"count"}}]"#,
      "stage 2, field aggregate.start: each result has a member of that name"
    ),
    (
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":"cnt"}}]"#,
      "stage 2, field aggregate.n: one aggregate is expected"
    ),
    (
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":{"median":"data.a"}}}]"#,
      "stage 2, field aggregate.n.median: there is no such aggregate; write count, "
    ),
    (
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":{"quantile":[1.5,"data.a"]}}}]"#,
      "stage 2, field aggregate.n.quantile: a list of numbers and a path is expected"
    ),
    (
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":{"topk":[0,"data.a"]}}}]"#,
      "stage 2, field aggregate.n.topk: 0 is not allowed"
    ),
    (
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{"n":{"sum":1}}}]"#,
      "stage 2, field aggregate.n.sum: a path is expected"
    ),
    (
      #"[{"window":{"tumbling":"1s"}},{"aggregate":{}}]"#,
      "stage 2, field aggregate: 1 to 16 aggregates"
    ),
    (
      #"[{"window":{"tumbling":"1s","keys":100000}},{"aggregate":{"n":{"distinct":"data.a"}}}]"#,
      "stage 1, field window.keys: 100000 of 128352 bytes each come to more than"
    ),
  ]) func `a mistake is named with its stage, its field and a remedy`(
    text: String,
    beginning: String
  ) {
    let refusal = refusal(text)
    #expect(refusal.hasPrefix(beginning), "\(refusal)")
    #expect(refusal.contains("; "))
  }

  @Test func `limits are kept to the last one`() throws {
    let stage = #"{"limit":1}"#
    let most = Array(repeating: stage, count: 16).joined(separator: ",")
    #expect(refusal("[\(most)]") == "")
    #expect(
      refusal("[\(most),\(stage)]").hasPrefix("pipe: a chain has 1 to 16 stages, this has 17")
    )
    let padding = String(repeating: " ", count: 8_192 - 13)
    #expect(refusal("[\(padding)\(stage)]") == "")
    #expect(refusal("[\(padding) \(stage)]").hasPrefix("pipe: a chain may have at most 8192 bytes"))
    var limits = ChainLimits()
    limits.maximumCost = 1
    #expect(refusal("[\(stage)]", limits: limits) == "")
    #expect(refusal("[\(stage),\(stage)]", limits: limits).hasPrefix("pipe: it costs 2, and 1 are"))
  }

  @Test func `a token's lower limit makes the default lower`() throws {
    var limits = ChainLimits()
    limits.maximumKeys = 10
    let text = #"[{"throttle":{"every":"1s","by":"data.a"}}]"#
    #expect(try plan(text, limits: limits).stages[0].stage.keyCount == 10)
    #expect(try plan(text).stages[0].stage.keyCount == 10_000)
    let wide = #"[{"throttle":{"every":"1s","by":"data.a","keys":11}}]"#
    #expect(
      refusal(wide, limits: limits).hasPrefix("stage 1, field throttle.keys: 11 is not allowed")
    )
  }

  @Test func `a token that allows nothing is told so`() {
    var limits = ChainLimits()
    limits.maximumStages = 0
    #expect(
      refusal(#"[{"limit":1}]"#, limits: limits).hasPrefix("pipe: no chains are allowed here")
    )
    var nothing = ChainLimits()
    nothing.maximumKeys = 0
    nothing.defaultKeys = 0
    nothing.maximumAggregates = 0
    nothing.maximumOutputs = 0
    nothing.maximumValues = 0
    nothing.maximumCount = 0
    nothing.maximumDuration = .zero
    nothing.maximumOverlap = 0
    nothing.maximumStateBytes = 0
    for stage in [
      #"{"throttle":"1s"}"#, #"{"limit":{"count":1,"every":"1s"}}"#, #"{"distinct":"data.a"}"#,
      #"{"window":{"sliding":{"size":"2s","every":"1s"}}},{"aggregate":{"n":"count"}}"#,
      #"{"window":{"count":2}},{"aggregate":{"n":{"topk":"data.a"}}}"#,
    ] { #expect(!refusal("[\(stage)]", limits: nothing).isEmpty, "\(stage)") }
  }

  @Test func `stages that keep much share what there is`() throws {
    let window = #"{"window":{"tumbling":"1s","by":"data.a"}}"#
    let aggregate = #"{"aggregate":{"n":{"distinct":"data.b"}}}"#
    let one = try plan("[\(window),\(aggregate)]")
    let two = try plan("[\(window),\(aggregate),\(window),\(aggregate)]")
    let counts = (one.stages[0].stage.keyCount, two.stages[0].stage.keyCount)
    #expect(counts.0 == (64 << 20) / 128_352)
    #expect(counts.1 == (32 << 20) / 128_352)
    #expect(one.cost.stateBytes <= 64 << 20)
    #expect(two.cost.stateBytes <= 64 << 20)
  }
}
