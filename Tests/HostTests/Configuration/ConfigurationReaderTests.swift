// SPDX-License-Identifier: Apache-2.0
import Sinks
import Streams
import Testing

@testable import Host

@Suite struct ConfigurationReaderTests {
  private func read(_ text: String) throws(ConfigurationViolation) -> Configuration {
    try ConfigurationReader.read(Array(text.utf8))
  }

  @Test(arguments: [
    (#"{"apiKey": []}"#, "apiKey: there is no such field; did you mean 'apiKeys'? Known are host"),
    (#"{"chains": {"linger": "1s"}}"#, "chains.linger: there is no such field; did you mean 'ling"),
    (#"{"zebra": 1}"#, "zebra: there is no such field; known are host"),
  ])
  func `of a field that is not known the one is named that was meant`(
    text: String,
    beginning: String
  ) {
    #expect { _ = try read(text) } throws: { "\($0)".hasPrefix(beginning) }
  }

  @Test func `every field is read`() throws {
    let configuration = try read(
      #"""
      {"host": "::1", "port": 9000, "allowedHosts": ["a.example"],
       "allowedOrigins": ["https://a.example"], "loops": 3, "maximumConnections": 7,
       "maximumTopics": 99, "onlyListedTopics": true,
       "topics": {"jobs": {"maximumCount": 10}, "logs.*": {"maximumBytes": 65536}, "*": {}},
       "pipelines": {"watermarkBound": "2m", "lateness": "500ms"},
       "machine": {"interval": "100ms"}, "eventStream": {"compression": false},
       "tls": {"certificate": "a.pem", "key": "a.key"}}
      """#
    )
    #expect(configuration.host == "::1")
    #expect(configuration.port == 9_000)
    #expect(configuration.allowedHosts == ["a.example"])
    #expect(configuration.allowedOrigins == ["https://a.example"])
    #expect(configuration.loops == 3)
    #expect(configuration.maximumConnections == 7)
    #expect(configuration.maximumTopics == 99)
    #expect(configuration.onlyListedTopics)
    #expect(configuration.topics.map(\.pattern) == ["jobs", "logs.*", "*"])
    #expect(configuration.topics[0].retention == Retention(maximumCount: 10))
    #expect(configuration.topics[1].retention == Retention(maximumBytes: 65_536))
    #expect(configuration.pipelines.watermarkBound == .seconds(120))
    #expect(configuration.pipelines.lateness == .milliseconds(500))
    #expect(configuration.machineInterval == .milliseconds(100))
    #expect(!configuration.eventStream.compresses)
    #expect(configuration.tls == .init(certificatePath: "a.pem", keyPath: "a.key"))
  }

  @Test func `an empty object is the default, and the machine can be switched`() throws {
    let configuration = try read("{}")
    #expect(configuration.host == "127.0.0.1")
    #expect(configuration.port == 8_080)
    #expect(configuration.machineInterval == .seconds(1))
    #expect(configuration.eventStream.compresses)
    #expect(configuration.tls == nil)
    #expect(try read(#"{"machine": false}"#).machineInterval == nil)
    #expect(try read(#"{"machine": true}"#).machineInterval == .seconds(1))
  }

  @Test(arguments: [
    ("", ""), ("[]", ""), ("{", ""), (#"{"hosts": 1}"#, "hosts"), (#"{"host": 1}"#, "host"),
    (#"{"port": "80"}"#, "port"), (#"{"port": 65536}"#, "port"), (#"{"port": -1}"#, "port"),
    (#"{"port": 1.5}"#, "port"), (#"{"allowedHosts": "a"}"#, "allowedHosts"),
    (#"{"allowedOrigins": [1]}"#, "allowedOrigins"), (#"{"loops": 0}"#, "loops"),
    (#"{"maximumConnections": 0}"#, "maximumConnections"),
    (#"{"maximumTopics": 15}"#, "maximumTopics"), (#"{"onlyListedTopics": 1}"#, "onlyListedTopics"),
    (#"{"topics": []}"#, "topics"), (#"{"topics": {"a b": {}}}"#, "topics.a b"),
    (#"{"topics": {"a": 1}}"#, "topics.a"), (#"{"topics": {"a*b": {}}}"#, "topics.a*b"),
    (#"{"topics": {"a": {"maximumCount": 1}}}"#, "topics.a.maximumCount"),
    (#"{"topics": {"a": {"maximumBytes": 9e99}}}"#, "topics.a.maximumBytes"),
    (#"{"topics": {"a": {"count": 9}}}"#, "topics.a.count"),
    (#"{"pipelines": {"lateness": 5}}"#, "pipelines.lateness"),
    (#"{"pipelines": {"late": "5s"}}"#, "pipelines.late"),
    (#"{"pipelines": {"watermarkBound": "-5s"}}"#, "pipelines.watermarkBound"),
    (#"{"machine": "1s"}"#, "machine"), (#"{"machine": {"interval": "99ms"}}"#, "machine.interval"),
    (#"{"machine": {"every": "1s"}}"#, "machine.every"), (#"{"tls": true}"#, "tls"),
    (#"{"eventStream": false}"#, "eventStream"),
    (#"{"eventStream": {"compression": "gzip"}}"#, "eventStream.compression"),
    (#"{"eventStream": {"gzip": true}}"#, "eventStream.gzip"),
    (#"{"tls": {}}"#, "tls.certificate"), (#"{"tls": {"certificate": "a"}}"#, "tls.key"),
    (#"{"tls": {"key": "a"}}"#, "tls.certificate"),
    (#"{"tls": {"certificate": "", "key": "a"}}"#, "tls.certificate"),
    (#"{"tls": {"certificate": "a", "key": 1}}"#, "tls.key"),
    (#"{"tls": {"certificate": "a", "key": "a", "password": "a"}}"#, "tls.password"),
  ])
  func `a wrong field is named`(text: String, field: String) {
    #expect {
      try read(text)
    } throws: { error in
      let violation = error as? ConfigurationViolation
      return violation?.field == field && violation?.detail.isEmpty == false
    }
  }

  @Test(
    arguments: [
      ("0ms", 0), ("500ms", 500), ("60s", 60_000), ("5m", 300_000), ("1h", 3_600_000),
      ("2d", 172_800_000), ("", nil), ("s", nil), ("5", nil), ("5 s", nil), ("-5s", nil),
      ("+5s", nil),
      ("1.5s", nil), ("5S", nil), ("9223372036854775807d", nil), ("9223372036854775808ms", nil),
      ("5ss", nil), ("1h30m", nil), ("٥s", nil),
    ] as [(String, Int64?)]
  )
  func `durations are a whole number with a unit`(text: String, milliseconds: Int64?) {
    #expect(Duration(parsing: text) == milliseconds.map { .milliseconds($0) })
  }

  @Test func `the first rule that matches a topic holds`() {
    var configuration = Configuration()
    configuration.topics = [
      .init(pattern: "a.b", retention: Retention(maximumCount: 2)),
      .init(pattern: "a.*", retention: Retention(maximumCount: 3)),
    ]
    let open = configuration.topicRules().retention
    #expect(open("a.b")?.maximumCount == 2)
    #expect(open("a.c")?.maximumCount == 3)
    #expect(open("a")?.maximumCount == Retention().maximumCount)
    configuration.onlyListedTopics = true
    let closed = configuration.topicRules().retention
    #expect(closed("a") == nil)
    #expect(closed("a.")?.maximumCount == 3)
    #expect(closed("requests.rate") != nil)
  }
}
