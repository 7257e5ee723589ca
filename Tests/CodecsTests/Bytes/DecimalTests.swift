// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Codecs

@Suite struct DecimalTests {
  private static let numbers: [UInt64] =
    [0, 7, .max]
    + (1..<20).flatMap { power in
      let bound = (0..<power).reduce(1 as UInt64) { product, _ in product &* 10 }
      return [bound - 1, bound, bound + 1]
    }

  @Test(arguments: numbers)
  func `numbers are written as Swift describes them`(number: UInt64) {
    var text = Array("x".utf8)
    text.append(decimal: number)
    #expect(String(decoding: text, as: UTF8.self) == "x\(number)")
    #expect(number.digitCount == "\(number)".utf8.count)
  }

  @Test(arguments: [
    (0, 1, "0"), (0, 3, "000"), (7, 2, "07"), (123, 2, "123"), (9, 20, "00000000000000000009"),
  ])
  func `short numbers are filled with zeros`(number: Int, width: Int, text: String) {
    var bytes: [UInt8] = []
    bytes.append(decimal: number, width: width)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }
}
