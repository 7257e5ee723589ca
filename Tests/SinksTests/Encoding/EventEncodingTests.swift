// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct EventEncodingTests {
  private let plain = EventEntry(
    event: event(#"{"a":1}"#),
    offset: 7,
    appended: 1_769_860_800_000,
    epoch: Epoch(rawValue: 14)
  )
  private let full = EventEntry(
    event: Event(
      data: Array("two\nlines \"\u{1F600}\"".utf8),
      format: .text,
      type: "note",
      subject: "s",
      time: 1_769_860_800_123,
      id: "i",
      source: "src",
      tags: ["z": "1", "a": "\""]
    ),
    offset: .max,
    appended: 5,
    epoch: Epoch(rawValue: 14)
  )

  private func publication(_ entry: EventEntry) -> String {
    text(JSONWireWriter.bytes { entry.write(into: &$0) })
  }

  private func json(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return text(writer.bytes)
  }

  @Test func `a publication has data, offset and only what its publisher said`() {
    #expect(publication(plain) == #"{"data":{"a":1},"offset":7}"#)
    #expect(
      publication(full)
        == #"{"data":"two\nlines \"😀\"","offset":18446744073709551615,"#
        + #""tags":{"a":"\"","z":"1","type":"note","id":"i","subject":"s","#
        + #""time":"2026-01-31T12:00:00.123Z"}}"#
    )
  }

  @Test func `history shows the attributes with their defaults`() {
    #expect(
      json { $0.historyEvent(plain) }
        == #"{"offset":7,"id":"e-7","type":"event","time":"2026-01-31T12:00:00Z","data":{"a":1}}"#
    )
    #expect(
      json { $0.historyEvent(full) }
        == #"{"offset":18446744073709551615,"id":"i","type":"note","#
        + #""time":"2026-01-31T12:00:00.123Z","subject":"s","source":"src","#
        + #""tags":{"a":"\"","z":"1"},"data":"two\nlines \"😀\""}"#
    )
  }

  @Test func `a CloudEvent has a source, and its offset and epoch as strings`() {
    #expect(
      json { $0.cloudEvent(plain, topic: "a b/c") }
        == #"{"specversion":"1.0","id":"e-7","source":"/v1/topics/a%20b%2Fc","type":"event","#
        + #""time":"2026-01-31T12:00:00Z","offset":"7","epoch":"e","data":{"a":1}}"#
    )
    #expect(json { $0.cloudEvent(full, topic: "t") }.contains(#""datacontenttype":"text/plain""#))
  }

  @Test func `pushes are text frames with exact JSON`() {
    #expect(
      frameText(WireFormat.webSocket(channel: "a?v=\"").encode(plain, FrameCompressor()))
        == #"{"push":{"channel":"a?v=\"","pub":{"data":{"a":1},"offset":7}}}"#
    )
    #expect(
      frameText(WireForm.json.frame(.push(channel: "a", .gap(Gap(from: 3, to: 9)))))
        == #"{"push":{"channel":"a","pub":{"data":null,"offset":9,"tags":{"weir-gap":"3-9"}}}}"#
    )
    #expect(
      frameText(WireForm.json.frame(.push(channel: "a", .unsubscribe(.insufficientState))))
        == #"{"push":{"channel":"a","unsubscribe":{"code":2500,"reason":"insufficient state"}}}"#
    )
    #expect(frameText(WireForm.json.frame(.ping)) == "{}")
  }

  @Test func `an event of one topic ends with its own id`() {
    let block = WireFormat.eventStream(topic: "a").encode(plain, FrameCompressor())
    #expect(text(block) == "id: a:e:7\ndata: {\"a\":1}\n\n")
  }

  @Test func `text is split into data lines, and the type is the event's name`() {
    let block = WireFormat.eventStream(topic: "a").encode(full, FrameCompressor())
    #expect(
      text(block)
        == "event: note\nid: a:e:18446744073709551615\ndata: two\ndata: lines \"\u{1F600}\"\n\n"
    )
  }

  @Test(arguments: ["error", "open", "weir.gap", "weir.x", "event"])
  func `a type that a browser would misread has no event line`(type: String) {
    let entry = EventEntry(event: event("1", type: type), offset: 1, appended: 0, epoch: .init())
    #expect(
      text(WireFormat.eventStreamLines(topic: "a").encode(entry, FrameCompressor())) == "data: 1\n"
    )
  }

  @Test func `lines before an id, the id and a notice make whole blocks`() {
    let lines = WireFormat.cloudEventStreamLines(topic: "a").encode(plain, FrameCompressor())
    #expect(text(lines).hasPrefix(#"data: {"specversion":"1.0","#))
    #expect(text(lines).hasSuffix("}\n"))
    let point = Array("a%20b:e:7".utf8)
    let notice = EventStreamBlock.notice("weir.gap", { $0.member("topic", "a") }, id: point)
    #expect(text(notice) == "event: weir.gap\nid: a%20b:e:7\ndata: {\"topic\":\"a\"}\n\n")
  }
}
