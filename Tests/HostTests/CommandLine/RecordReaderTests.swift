// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct RecordReaderTests {
  private func records(
    _ kind: String,
    _ text: String,
    time: String? = nil,
    key: String? = nil,
    step: Int = .max
  ) throws -> [String] {
    let format = try RecordFormat(kind: kind, timeField: time, keyField: key, isPaced: false)
    var reader = format.makeReader()
    var result: [String] = []
    var rest = Array(text.utf8)[...]
    while true {
      while let record = try reader.next() {
        switch record.outcome {
        case .event(let draft):
          result.append("\(record.line) " + String(decoding: draft.encoded, as: UTF8.self))
        case .refused(let reason): result.append("\(record.line) refused: \(reason)")
        case .timeless(let reason): result.append("\(record.line) timeless: \(reason)")
        }
      }
      guard !rest.isEmpty else { return result }
      reader.receive(Array(rest.prefix(step)))
      rest = rest.dropFirst(step)
      if rest.isEmpty { reader.receiveEnd() }
    }
  }

  static let log = """
    1.2.3.4 - - [17/May/2015:12:05:03 +0200] "GET /a?b=\\"c HTTP/1.1" 200 12 "http://r/" "A \\"B\\""
    nonsense

    ::1 - bob [17/May/2015:10:05:04 +0000] "-" 408 - "-" "-"\r
    h - - [17/May/2015:10:05:05 +0000] "HEAD / HTTP/1.0" 304 0 "-" "cut
    """

  @Test(arguments: [1, 7, .max])
  func `a log line becomes a request with its time`(_ step: Int) throws {
    let result = try records("combined", Self.log, key: "client", step: step)
    #expect(
      result == [
        #"1 {"specversion":"1.0","type":"request","subject":"1.2.3.4","time":"2015-05-17T10:05:03Z","#
          + #""data":{"client":"1.2.3.4","method":"GET","path":"/a?b=\"c","status":200,"bytes":12,"#
          + #""referrer":"http://r/","agent":"A \"B\""}}"#,
        "2 refused: expected an identity or '-' at column 9",
        #"4 {"specversion":"1.0","type":"request","subject":"::1","time":"2015-05-17T10:05:04Z","#
          + #""data":{"client":"::1","method":null,"path":"-","status":408,"bytes":0,"#
          + #""referrer":null,"agent":null}}"#,
        #"5 {"specversion":"1.0","type":"request","subject":"h","time":"2015-05-17T10:05:05Z","#
          + #""data":{"client":"h","method":"HEAD","path":"/","status":304,"bytes":0,"#
          + #""referrer":null,"agent":"cut"}}"#,
      ]
    )
  }

  @Test(arguments: RecordFormat.combinedFields)
  func `each field of a request can be its key`(_ field: String) throws {
    let subjects = [
      "client": "1.2.3.4", "method": "GET", "path": "/a?b=\\\"c", "status": "200", "bytes": "12",
      "referrer": "http://r/", "agent": "A \\\"B\\\"",
    ]
    let first = try records("combined", Self.log, key: field)[0]
    #expect(first.contains("\"subject\":\"\(subjects[field] ?? "")\""))
    #expect(try !records("combined", Self.log)[0].contains("subject"))
  }

  @Test(arguments: [1, 5, .max])
  func `JSON lines are data as they are`(_ step: Int) throws {
    let text = "{\"a\": {\"b\":1}}\r\n\n[1,\n\"text\"\n{\"a\":1} x\nnull"
    #expect(
      try records("ndjson", text, step: step) == [
        #"1 {"specversion":"1.0","data":{"a": {"b":1}}}"#,
        "3 refused: expected a value at column 4",
        #"4 {"specversion":"1.0","data":"text"}"#,
        "5 refused: unexpected text after the value at column 9",
        #"6 {"specversion":"1.0","data":null}"#,
      ]
    )
  }

  @Test func `time and key come from dotted paths`() throws {
    let text = """
      {"m":{"t":"2018-02-27T22:26:39Z","k":"x"}}
      {"m":{"t":1519770399,"k":7}}
      {"m":{"t":1519770399500,"k":true}}
      {"m":{"t":1519770399.25,"k":null}}
      {"m.t":"1519770399","m":{"t":"no","k":""},"m.k":"own"}
      {"m":{"t":"yesterday"}}
      {"m":{}}
      7
      """
    let lines = try records("ndjson", text, time: "m.t", key: "m.k").map { line in
      String(
        line.prefix { $0 != "{" }
          + (line.firstRange(of: ",\"data\"").map {
            line[line.startIndex..<$0.lowerBound].drop { $0 != "{" }
          } ?? "")
      )
    }
    #expect(
      lines == [
        #"1 {"specversion":"1.0","subject":"x","time":"2018-02-27T22:26:39Z""#,
        #"2 {"specversion":"1.0","subject":"7","time":"2018-02-27T22:26:39Z""#,
        #"3 {"specversion":"1.0","subject":"true","time":"2018-02-27T22:26:39.500Z""#,
        #"4 {"specversion":"1.0","time":"2018-02-27T22:26:39.250Z""#,
        #"5 {"specversion":"1.0","subject":"own","time":"2018-02-27T22:26:39Z""#,
        "6 timeless: 'm.t' is neither a time such as 2015-05-17T10:05:03Z nor seconds since 1970",
        "7 timeless: there is no field 'm.t'",
        "8 timeless: there is no field 'm.t'",
      ]
    )
  }

  @Test(arguments: [1, 3, .max])
  func `a table's header names its values`(_ step: Int) throws {
    let text = "at,name,n,note\n1519770399,\"a, b\",-1.50,007\nbad,x\n1519770400,c,,\"1\n2\"\n"
    #expect(
      try records("csv", text, time: "at", key: "name", step: step) == [
        #"2 {"specversion":"1.0","subject":"a, b","time":"2018-02-27T22:26:39Z","#
          + #""data":{"at":1519770399,"name":"a, b","n":-1.50,"note":"007"}}"#,
        "3 refused: a record with another number of fields than the header",
        #"4 {"specversion":"1.0","subject":"c","time":"2018-02-27T22:26:40Z","#
          + #""data":{"at":1519770400,"name":"c","n":"","note":"1\n2"}}"#,
      ]
    )
  }

  @Test func `a header that lacks a column ends it at once`() {
    let error = #expect(throws: CommandFailure.self) {
      try records("csv", "a,b\n1,2\n", time: "when")
    }
    #expect(error?.status == 1)
    #expect(
      error?.description
        == "weir: there is no column 'when' for --time: the columns are a, b"
    )
    let twice = #expect(throws: CommandFailure.self) { try records("csv", "a,a\n1,2\n") }
    #expect(twice?.what == "the header has two columns 'a'")
  }

  @Test(arguments: [
    ("0", true), ("-0", true), ("12", true), ("1.25", true), ("-3.0", true),
    ("123456789012345", true), ("1234567890123456", false), ("007", false), ("1.", false),
    (".5", false), ("+1", false), ("1e5", false), ("", false), ("-", false), ("1.2.3", false),
    ("NaN", false), ("1 ", false),
  ])
  func `only plain decimals are numbers in a table`(_ text: String, _ isNumber: Bool) {
    #expect(text.isPlainDecimal == isNumber)
  }

  @Test(arguments: [
    (nil, nil, nil, false, "--format is missing"),
    ("cvs", nil, nil, false, "there is no format 'cvs': did you mean csv?"),
    ("combined", "at", nil, false, "combined lines have a time of their own"),
    ("combined", nil, "clent", false, "combined lines have no field 'clent': did you mean client?"),
    ("csv", nil, nil, true, "--speed needs the events' times"),
    ("ndjson", "", nil, false, "--time names no field"),
  ])
  func `what does not go together is used wrongly`(
    _ kind: String?,
    _ time: String?,
    _ key: String?,
    _ isPaced: Bool,
    _ what: String
  ) {
    let error = #expect(throws: CommandFailure.self) {
      try RecordFormat(kind: kind, timeField: time, keyField: key, isPaced: isPaced)
    }
    #expect(error?.status == 2)
    #expect(error?.description.hasPrefix("weir: \(what)") == true)
  }
}
