// SPDX-License-Identifier: Apache-2.0
import Codecs
import FoundationEssentials
import Testing

@Suite struct RFC3339Tests {
  /// The examples of RFC 3339 §5.8 and corner cases.
  @Test(arguments: [
    ("1985-04-12T23:20:50.52Z", 482_196_050_520), ("1996-12-19T16:39:57-08:00", 851_042_397_000),
    ("1990-12-31T23:59:60Z", 662_687_999_999), ("1990-12-31T15:59:60-08:00", 662_687_999_999),
    ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130), ("1970-01-01T00:00:00Z", 0),
    ("1969-12-31T23:59:59.999Z", -1), ("2015-05-17t10:05:03z", 1_431_857_103_000),
    ("2015-05-17T10:05:03.1239999999Z", 1_431_857_103_123),
    ("2000-02-29T00:00:00Z", 951_782_400_000),
    ("0000-01-01T00:00:00Z", -62_167_219_200_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ("2015-05-17T10:05:03-00:00", 1_431_857_103_000),
  ])
  func `times are read`(text: String, milliseconds: Int64) {
    #expect(RFC3339.parse(text) == milliseconds)
    #expect(RFC3339.parse(Array(text.utf8)[...]) == milliseconds)
  }

  @Test(arguments: [
    "", "2015", "2015-05-17", "2015-05-17T10:05:03", "2015-05-17 10:05:03Z", "2015-5-17T10:05:03Z",
    "2015-13-17T10:05:03Z", "2015-00-17T10:05:03Z", "2015-04-31T10:05:03Z", "2015-04-00T10:05:03Z",
    "2015-02-29T10:05:03Z", "1900-02-29T10:05:03Z", "2015-05-17T24:00:00Z", "2015-05-17T10:60:03Z",
    "2015-05-17T10:05:61Z", "2015-05-17T10:05:03.Z", "2015-05-17T10:05:03,5Z",
    "2015-05-17T10:05:03+0100", "2015-05-17T10:05:03+24:00", "2015-05-17T10:05:03+01:60",
    "2015-05-17T10:05:03ZZ", " 2015-05-17T10:05:03Z", "+015-05-17T10:05:03Z",
    "2015-05-17T10:05:03.5",
  ])
  func `anything else is no time`(text: String) {
    #expect(RFC3339.parse(text) == nil)
  }

  @Test(arguments: [
    (1_431_857_103_000, "2015-05-17T10:05:03Z"), (1_431_857_103_001, "2015-05-17T10:05:03.001Z"),
    (1_431_857_103_250, "2015-05-17T10:05:03.250Z"), (0, "1970-01-01T00:00:00Z"),
    (-1, "1969-12-31T23:59:59.999Z"), (-86_400_000, "1969-12-31T00:00:00Z"),
    (Int64.min, "0000-01-01T00:00:00Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
  ])
  func `times are written`(milliseconds: Int64, text: String) {
    #expect(RFC3339.format(milliseconds: milliseconds) == text)
  }

  @Test func `random times survive writing and reading and agree with Foundation`() throws {
    var random = SeededGenerator(seed: 9)
    let style = Date.ISO8601FormatStyle()
    for _ in 0..<5_000 {
      let time = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random)
      #expect(RFC3339.parse(RFC3339.format(milliseconds: time)) == time)
      // From 1600 on, since Foundation's calendar is Julian before 1582.
      let seconds = Int64.random(in: -11_676_096_000...253_402_300_799, using: &random)
      let date = Date(timeIntervalSince1970: Double(seconds))
      #expect(RFC3339.format(milliseconds: seconds * 1000) == date.formatted(style))
    }
  }

  @Test func `the date of RFC 9110 section 5.6.7 is written`() {
    #expect(HTTPDate.format(milliseconds: 784_111_777_000) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.format(milliseconds: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.format(milliseconds: -1) == "Wed, 31 Dec 1969 23:59:59 GMT")
  }
}
