// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct EventTimeTests {
  @Test(arguments: [
    ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("-62167219200", -62_167_219_200_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ("253402300799999", 253_402_300_799_999),
  ])
  func `the calendar's first and last time are read`(_ text: String, _ time: Int64) throws {
    #expect(try EventTime.milliseconds(text) == time)
  }

  @Test(arguments: [
    "0000-01-01T00:00:00+00:01", "-62167219200.001", "9999-12-31T23:59:59-00:01",
    "253402300800000", "9000000000000000", "1e300", "-1e300",
  ])
  func `what is before or after it is not`(_ text: String) {
    #expect(throws: EventTime.Fault.beyondCalendar) { try EventTime.milliseconds(text) }
  }

  @Test(arguments: ["", "soon", "nan", "inf", "-infinity"])
  func `what is no time is not`(_ text: String) {
    #expect(throws: EventTime.Fault.unreadable) { try EventTime.milliseconds(text) }
  }

  @Test func `every format refuses a time beyond the calendar`() throws {
    let log = #"h - - [31/Dec/9999:23:59:59 -0100] "GET / HTTP/1.1" 200 1"# + "\n"
    for (kind, text) in [
      ("combined", log), ("ndjson", "{\"t\":9e15}\n"), ("csv", "t\n9000000000000000\n"),
    ] {
      let field = kind == "combined" ? nil : "t"
      let format = try RecordFormat(kind: kind, timeField: field, keyField: nil, isPaced: false)
      var reader = format.makeReader()
      reader.receive(Array(text.utf8))
      switch try reader.next()?.outcome {
      case .timeless(let reason), .refused(let reason):
        #expect(reason.contains("outside the years 0000 to 9999"))
      case .event, nil: Issue.record("\(kind) takes it")
      }
    }
  }
}
