// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct EventTypeRegistryTests {
  private func registry(_ json: String, limits: SchemaLimits = .init()) throws -> EventTypeRegistry
  {
    try EventTypeRegistry(json: try JSONView.parse(Array(json.utf8)), limits: limits)
  }

  @Test func `the plan's own types are there, and anything goes`() throws {
    let registry = EventTypeRegistry()
    #expect(
      registry.types.keys.sorted() == [
        "automation_execution", "content_published", "outreach_sent", "prospect_added",
        "research_task_completed",
      ]
    )
    for name in registry.types.keys {
      try registry.check(event("[1]", type: name), unknownTypes: .refused)
    }
    try registry.check(event("1", type: "other"))
    #expect(throws: EventTypeMismatch.unknownType("other")) {
      try registry.check(event("1", type: "other"), unknownTypes: .refused)
    }
    #expect(throws: EventTypeMismatch.unknownType("event")) {
      try registry.check(event("1"), unknownTypes: .refused)
    }
  }

  @Test func `a schema is checked, with the pointer and the remedy`() throws {
    let registry = try registry(
      #"{"outreach_sent":{"summary":"Sent.","schema":{"type":"object","required":["to"],"properties":{"to":{"type":"string"}}}},"own":{}}"#
    )
    #expect(registry.types["outreach_sent"]?.summary == "Sent.")
    #expect(registry.types["own"]?.schema == nil)
    #expect(registry.types.count == 6)
    try registry.check(event(#" {"to":"a"} "#, type: "outreach_sent"))
    let error = #expect(throws: EventTypeMismatch.self) {
      try registry.check(event(#"{"to":1}"#, type: "outreach_sent"))
    }
    #expect(error?.pointer == "/to")
    #expect(
      error?.description
        == "outreach_sent, data at \"/to\": string is expected, not integer; publish a value of that type"
    )
    #expect(throws: EventTypeMismatch.notJSON(type: "outreach_sent")) {
      try registry.check(Event(data: Array("a".utf8), format: .text, type: "outreach_sent"))
    }
    try registry.check(event("1", type: "own"), unknownTypes: .refused)
  }

  @Test(arguments: [
    ("[]", ""), (#"{"a":1}"#, "/a"),
    (#"{"a/b":{"schema":{"items":{"pattern":"x"}}}}"#, "/a~1b/schema/items/pattern"),
    (#"{"a":{"schemas":{}}}"#, "/a/schemas"), (#"{"a":{"summary":1}}"#, "/a/summary"),
    (#"{"":{}}"#, "/"),
    (#"{"a":{},"a":{}}"#, "/a"), (#"{"a":{"schema":1}}"#, "/a/schema"),
  ]) func `a configuration is refused at its place`(json: String, pointer: String) throws {
    let error = #expect(throws: SchemaViolation.self) { try registry(json) }
    #expect(error?.pointer == pointer)
  }

  @Test func `types are limited`() throws {
    var limits = SchemaLimits()
    limits.maximumTypes = 6
    _ = try registry(#"{"a":{}}"#, limits: limits)
    #expect(throws: SchemaViolation.self) { try registry(#"{"a":{},"b":{}}"#, limits: limits) }
    limits.maximumNameBytes = 3
    _ = try registry(#"{"abc":{}}"#, limits: limits)
    #expect(throws: SchemaViolation.self) { try registry(#"{"abcd":{}}"#, limits: limits) }
  }
}
