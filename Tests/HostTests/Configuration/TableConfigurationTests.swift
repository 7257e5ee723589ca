// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Host

@Suite struct TableConfigurationTests {
  private func table(_ text: String) throws(ConfigurationViolation) -> TableSettings? {
    let configuration = try ConfigurationReader.read(Array(#"{"topics":{"t":\#(text)}}"#.utf8))
    return configuration.topics[0].table
  }

  @Test func `a topic is a table if it is said so`() throws {
    #expect(try table("{}") == nil)
    #expect(try table(#"{"table": false}"#) == nil)
    #expect(try table(#"{"table": true}"#) == TableSettings())
    #expect(try table(#"{"table": {}}"#) == TableSettings())
    var settings = TableSettings()
    settings.maximumRows = 7
    settings.maximumBytes = 65_536
    settings.maximumKeyBytes = 40
    settings.maximumValueBytes = 1_000
    settings.recovery = .useWhatIsThere
    #expect(
      try table(
        #"""
        {"table": {"maximumRows": 7, "maximumBytes": 65536, "maximumKeyBytes": 40,
                   "maximumValueBytes": 1000, "recovery": "useWhatIsThere"}}
        """#
      ) == settings
    )
  }

  @Test func `the first rule that matches says whether a topic is a table`() throws {
    let text = #"{"topics":{"a:*":{"table":true},"*":{}}}"#
    let configuration = try ConfigurationReader.read(Array(text.utf8))
    let topics = TopicDirectory(rules: configuration.topicRules())
    #expect(try topics.topic("a:1").table != nil)
    #expect(try topics.topic("b").table == nil)
  }

  @Test func `a row is one publish, wherever that is said`() throws {
    for text in [
      #"{"table": true, "maximumBytes": 65536}"#, #"{"maximumBytes": 65536, "table": true}"#,
    ] {
      #expect(try table(text)?.maximumValueBytes == 32_768)
    }
  }

  @Test(arguments: [
    (#"{"table": 1}"#, ""), (#"{"table": "yes"}"#, ""),
    (#"{"table": {"rows": 1}}"#, ".rows"), (#"{"table": {"maximumRows": 0}}"#, ".maximumRows"),
    (#"{"table": {"maximumBytes": 65535}}"#, ".maximumBytes"),
    (#"{"table": {"maximumKeyBytes": 1025}}"#, ".maximumKeyBytes"),
    (#"{"table": {"maximumValueBytes": 1048577}}"#, ".maximumValueBytes"),
    (#"{"table": {"maximumValueBytes": 40000}, "maximumBytes": 65536}"#, ".maximumValueBytes"),
    (#"{"table": {"recovery": true}}"#, ".recovery"),
  ])
  func `a mistake is told with its field`(text: String, field: String) {
    let violation = #expect(throws: ConfigurationViolation.self) { try table(text) }
    #expect(violation?.field == "topics.t.table\(field)")
  }
}
