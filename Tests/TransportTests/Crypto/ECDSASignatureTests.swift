// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct ECDSASignatureTests {
  private func number(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
  }

  @Test(
    arguments: [
      ([], [0x02, 0x01, 0x00]), ([0x01], [0x02, 0x01, 0x01]), ([0x7F], [0x02, 0x01, 0x7F]),
      ([0x80], [0x02, 0x02, 0x00, 0x80]), ([0x01, 0x00], [0x02, 0x02, 0x01, 0x00]),
      ([0xFF, 0x00], [0x02, 0x03, 0x00, 0xFF, 0x00]),
    ] as [([UInt8], [UInt8])]
  )
  func `a number is as short as it can be and never negative`(digits: [UInt8], der: [UInt8]) {
    let one: [UInt8] = [0x02, 0x01, 0x01]
    let raw = number(digits) + number([1])
    let written = [0x30, UInt8(der.count + 3)] + der + one
    #expect(ECDSASignature.der(raw) == written)
    #expect(ECDSASignature.raw(written) == raw)
  }

  @Test func `the longest numbers come both ways`() {
    let raw = [UInt8](repeating: 0xFF, count: 64)
    let der = ECDSASignature.der(raw)
    #expect(der?.count == 72)
    #expect(der.flatMap(ECDSASignature.raw) == raw)
  }

  @Test(arguments: [0, 1, 32, 63, 65, 128])
  func `another length is no signature`(count: Int) {
    #expect(ECDSASignature.der([UInt8](repeating: 1, count: count)) == nil)
  }

  @Test func `no beginning and no changed byte of what OpenSSL writes makes the reader trap`() {
    let der = ECDSASignature.der(Array(1...64)) ?? []
    for count in 0..<der.count { #expect(ECDSASignature.raw(Array(der.prefix(count))) == nil) }
    for place in der.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = der
        changed[place] = byte
        _ = ECDSASignature.raw(changed)
      }
    }
    #expect(ECDSASignature.raw(der + [0]) == nil)
  }
}
