// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host

@Suite struct ExportLineTests {
  private static let events: [Event] = [
    Event(data: Array("null".utf8)),
    Event(
      data: Array(#"{"a": 1,  "ü":"\u00fc"}"#.utf8),
      type: "t",
      subject: "",
      id: "",
      source: ""
    ),
    Event(data: Array("two\nlines \u{0} \u{2028} \"q\" \\".utf8), format: .text, type: "x"),
    Event(data: [], format: .text),
    Event(data: Array("1".utf8), time: 0, tags: ["b": "2", "a": "", "offset": "9"]),
    Event(data: Array("1".utf8), time: -62_167_219_200_001),
    Event(data: Array("1".utf8), time: .never),
    Event(data: Array("1".utf8), time: .distantPast),
    Event(data: Array(" 1 ".utf8)),
    Event(
      data: Array((String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).utf8)
    ),
  ]

  private func line(_ event: Event, _ offset: Offset, _ appended: Timestamp) -> [UInt8] {
    var json = JSONWriter()
    ExportLine.write(event, offset: offset, appended: appended, to: &json)
    return json.bytes
  }

  @Test(arguments: events)
  func `an event comes back as it was, on one line of valid JSON`(event: Event) throws {
    let bytes = line(event, 7, 1_769_860_800_250)
    #expect(bytes.count { $0 == 0x0A } == 1 && bytes.last == 0x0A)
    _ = try JSONView.parse(Array(bytes.dropLast()))
    guard case .entry(let read, let offset, let appended) = try ImportLine(bytes.dropLast()) else {
      Issue.record("expected an entry")
      return
    }
    #expect(offset == 7 && appended == 1_769_860_800_250)
    #expect(read.data == event.data && read.format == event.format)
    #expect(read.givenType == event.givenType && read.subject == event.subject)
    #expect(read.time == event.time && read.id == event.id && read.source == event.source)
    #expect(read.tags == event.tags)
  }

  @Test func `the form is the one that the documentation shows`() {
    let sold = Event(
      data: Array(#"{"n":1}"#.utf8),
      type: "sold",
      subject: "tea",
      tags: ["shop": "north"]
    )
    #expect(
      String(decoding: line(sold, 1, 1_769_860_800_250), as: UTF8.self)
        == #"{"offset":1,"appended":"2026-01-31T12:00:00.250Z","type":"sold","subject":"tea","#
        + #""tags":{"shop":"north"},"data":{"n":1}}"# + "\n"
    )
    let text = Event(data: Array("two\nlines".utf8), format: .text)
    #expect(
      String(decoding: line(text, 2, 1_769_860_801_000), as: UTF8.self)
        == #"{"offset":2,"appended":"2026-01-31T12:00:01Z","datacontenttype":"text/plain","#
        + #""data":"two\nlines"}"# + "\n"
    )
  }

  @Test func `data that is not what its format says is kept byte by byte, and not taken back`() {
    for event in [
      Event(data: [0xFF, 0xFE], format: .text), Event(data: Array("{".utf8)), Event(data: []),
      Event(data: Array("[1,\n2]".utf8)),
    ] {
      let bytes = line(event, 1, 0)
      #expect(String(decoding: bytes, as: UTF8.self).contains(#""data_base64":"#))
      let fault = #expect(throws: ImportLine.Fault.self) { try ImportLine(bytes.dropLast()) }
      #expect(fault?.field == "data_base64")
    }
  }

  @Test(
    arguments: [
      ("", nil), ("{", nil), ("7", nil), (#"{"weirExport":2}"#, "weirExport"),
      (#"{"weirExport":1,"from":0,"through":3}"#, "from"),
      (#"{"weirExport":1,"from":5,"through":3}"#, "through"),
      (#"{"offset":0,"appended":1,"data":1}"#, "offset"),
      (#"{"offset":-1,"appended":1,"data":1}"#, "offset"),
      (#"{"offset":18446744073709551615,"appended":1,"data":1}"#, "offset"),
      (#"{"appended":1,"data":1}"#, "offset"),
      (#"{"offset":1,"appended":"soon","data":1}"#, "appended"),
      (#"{"offset":1,"appended":1}"#, "data"),
      (#"{"offset":1,"appended":1,"data":1,"data_base64":"MQ=="}"#, "data_base64"),
      (#"{"offset":1,"appended":1,"data_base64":"?"}"#, "data_base64"),
      (#"{"offset":1,"appended":1,"data":1,"type":"a\nb"}"#, "type"),
      (#"{"offset":1,"appended":1,"data":1,"id":5}"#, "id"),
      (#"{"offset":1,"appended":1,"data":1,"time":{}}"#, "time"),
      (#"{"offset":1,"appended":1,"data":1,"tags":{"a":1}}"#, "tags"),
      (#"{"offset":1,"appended":1,"data":1,"tags":{"a":"1","a":"2"}}"#, "tags"),
      (#"{"offset":1,"appended":1,"data":1,"shop":"north"}"#, "shop"),
      (#"{"offset":1,"appended":1,"data":1,"data":2}"#, "data"),
      (#"{"offset":1,"appended":1,"data":1,"datacontenttype":"text/plain"}"#, "data"),
      (#"{"offset":1,"appended":1,"data":1,"datacontenttype":"image/png"}"#, "datacontenttype"),
      (#"{"after":1,"appended":1}"#, "endOfInput"),
      (#"{"after":1,"appended":1,"watermark":true}"#, "watermark"),
      (#"{"type":"sold","data":1,"time":"soon"}"#, "time"), (#"{"n":1}"#, "data"),
    ] as [(String, String?)]
  )
  func `a line that is wrong names its field and a remedy`(text: String, field: String?) {
    let fault = #expect(throws: ImportLine.Fault.self) { try ImportLine(Array(text.utf8)[...]) }
    #expect(fault?.field == field)
    #expect(fault?.what.isEmpty == false && fault?.remedy.isEmpty == false)
  }

  @Test func `changed lines are read or refused, and what is read is written alike`() throws {
    var random = SystemRandomNumberGenerator()
    for round in 0..<20_000 {
      var bytes = Array(line(Self.events[round % Self.events.count], 7, 1).dropLast())
      for _ in 0...round % 3 {
        let index = Int.random(in: bytes.indices, using: &random)
        bytes[index] = UInt8.random(in: .min ... .max, using: &random)
      }
      do throws(ImportLine.Fault) {
        guard case .entry(let event, let offset, let appended) = try ImportLine(bytes[...]) else {
          continue
        }
        let again = line(event, offset, appended)
        guard case .entry(let same, _, _) = try ImportLine(again.dropLast()) else { continue }
        #expect(line(same, offset, appended) == again)
      } catch {
        #expect(!error.what.isEmpty)
      }
    }
  }
}
