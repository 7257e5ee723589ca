// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Storage

@Suite struct ChecksumTests {
  /// Made by the Python package `xxhash` 3.x over the bytes `(7 i + 3) mod 256`, with the seeds 0
  /// and 2654435761.
  static let vectors: [(Int, UInt64, UInt64)] = [
    (0, 0xEF46_DB37_51D8_E999, 0xAC75_FDA2_929B_17EF),
    (1, 0x1F25_C8D0_BC1F_4BB6, 0x79CF_94F5_ACE3_7FE1),
    (3, 0x31D2_363F_52E5_64C9, 0x96D2_A5E5_83DD_D738),
    (4, 0x9BB6_4B7D_66EE_9FDA, 0x4A86_2FBB_4B73_776E),
    (7, 0x9A7B_1499_59CE_60D8, 0xDDC5_CF71_D37A_6368),
    (8, 0xDAB9_9D95_C6F9_0092, 0xC6E7_5E2C_BD8E_07EE),
    (12, 0xD52E_4078_33AF_5133, 0x79B0_B158_FAB0_E5D6),
    (31, 0xA2AA_5F33_CC4A_6119, 0x3818_22F3_3376_D6B6),
    (32, 0x23C3_C17E_F790_FD97, 0x9ABD_3154_70AC_276A),
    (33, 0x50A7_CFC7_BA58_8784, 0x72CD_D326_2F46_7933),
    (63, 0x5E3E_54B4_31C7_493C, 0x634D_A7D2_6597_9E61),
    (64, 0x0EB6_4B3E_F6EE_B01F, 0xBCB3_847D_7052_5180),
    (100, 0xA61F_8D4C_170F_E531, 0x86F5_49ED_E5AC_87E2),
    (255, 0x39AE_55A2_9989_206F, 0xB1D1_FDFF_FB70_77CB),
  ]

  @Test(arguments: vectors) func `the hash is XXH64`(count: Int, plain: UInt64, seeded: UInt64) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 7 * $0 + 3) }
    #expect(bytes.withUnsafeBytes { XXHash64.hash($0) } == plain)
    #expect(bytes.withUnsafeBytes { XXHash64.hash($0, seed: 2_654_435_761) } == seeded)
  }

  @Test func `every part of an entry counts`() {
    func sum(_ id: Int64, _ appended: Int64, _ position: Int64, _ text: String) -> Int64 {
      Array(text.utf8).withUnsafeBytes {
        Checksum.ofEntry(id: id, appended: appended, position: position, format: 1, payload: $0)
      }
    }
    let sums: Set = [
      sum(1, 2, 3, "a"), sum(2, 2, 3, "a"), sum(1, 3, 3, "a"), sum(1, 2, 4, "a"), sum(1, 2, 3, "b"),
      sum(1, 2, 3, ""),
    ]
    #expect(sums.count == 6)
  }
}
