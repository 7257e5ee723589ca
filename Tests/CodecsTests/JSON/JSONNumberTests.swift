// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct JSONNumberTests {
  @Test(arguments: [
    ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int.max),
    ("-9223372036854775808", Int.min), ("9223372036854775808", nil), ("-9223372036854775809", nil),
    ("1.0", nil), ("1e2", nil), ("99999999999999999999999", nil), ("true", nil), (#""1""#, nil),
  ])
  func `int holds integers as written`(text: String, expected: Int?) throws {
    #expect(try JSONViewTests.parse(text).int == expected)
  }

  @Test(arguments: [
    ("0", 0), ("18446744073709551615", UInt64.max), ("18446744073709551616", nil), ("-1", nil),
    ("null", nil),
  ])
  func `uint64 holds unsigned integers as written`(text: String, expected: UInt64?) throws {
    #expect(try JSONViewTests.parse(text).uint64 == expected)
  }

  @Test(arguments: [
    "0", "-0", "0.1", "-0.5", "1.0", "1e2", "1E+2", "1.5e-7", "123456789012345",
    "0.123456789012345",
    "1234567890123456", "9007199254740993", "3.141592653589793238462643", "5e-324",
    "2.2250738585072014e-308", "1.7976931348623157e308", "0.000001", "99999.99999", "1e-400",
  ])
  func `double is the nearest one`(text: String) throws {
    let double = try #require(try JSONViewTests.parse(text).double)
    let expected = try #require(Double(text))
    #expect(double.bitPattern == expected.bitPattern)
  }

  @Test func `a number beyond the range of doubles has none`() throws {
    #expect(try JSONViewTests.parse("1e999").double == nil)
    #expect(try JSONViewTests.parse("-1e999").double == nil)
    #expect(try JSONViewTests.parse(#""1""#).double == nil)
  }

  @Test func `random decimals agree with the standard library bit by bit`() throws {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<20_000 {
      let integer = Int.random(in: -99_999_999...99_999_999, using: &random)
      let fraction = Int.random(in: 0...99_999_999, using: &random)
      let text = "\(integer).\(fraction)"
      #expect(try JSONViewTests.parse(text).double?.bitPattern == Double(text)?.bitPattern)
    }
  }
}
