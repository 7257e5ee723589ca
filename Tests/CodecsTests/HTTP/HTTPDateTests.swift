// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// RFC 9110 §5.6.7.
@Suite struct HTTPDateTests {
  /// The beginning of 2026-11-29.
  static let now: Int64 = 1_795_910_400_000

  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
    ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777_000),
    ("Sun Nov  6 08:49:37 1994", 784_111_777_000),
    ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1000),
    ("Wednesday, 01-Jan-70 00:00:00 GMT", 3_155_760_000_000),
    ("Tue Feb 29 00:00:00 2000", 951_782_400_000),
    // A leap second; a weekday that does not fit.
    ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799_000),
    ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
    // Two digits: not more than 50 years ahead.
    ("Sunday, 29-Nov-76 00:00:00 GMT", 3_373_833_600_000),
    ("Sunday, 29-Nov-76 00:00:01 GMT", 218_073_601_000),
    ("Sunday, 01-Jan-27 00:00:00 GMT", 1_798_761_600_000),
    ("Sunday, 01-Jan-00 00:00:00 GMT", 946_684_800_000),
  ])
  func `all three formats are read`(text: String, milliseconds: Int64) {
    #expect(HTTPDate.parse(text, now: Self.now) == milliseconds)
  }

  @Test(arguments: [
    "", "Sun", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT",
    "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 NOV 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
    "Sunday, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
    "Sunday Nov  6 08:49:37 1994", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
    "Sun, 31 Feb 2000 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Mon Feb 29 00:00:00 2001",
    "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:3\u{661} GMT",
  ])
  func `other times are not read`(text: String) {
    #expect(HTTPDate.parse(text, now: Self.now) == nil)
  }

  @Test func `what was written is read`() {
    var random = SeededGenerator(seed: 9)
    for _ in 0..<1000 {
      let seconds = Int64.random(in: -10_000_000_000...200_000_000_000, using: &random)
      let text = HTTPDate.format(milliseconds: seconds * 1000)
      #expect(HTTPDate.parse(text, now: 0) == seconds * 1000)
    }
  }
}
