// SPDX-License-Identifier: Apache-2.0

/// SplitMix64, by Vigna: small, seeded, the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A few of the bytes changed, removed or doubled.
  mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &self)
      switch Int.random(in: 0..<4, using: &self) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(bytes[index], at: index)
      default: bytes.insert(UInt8.random(in: 0...127, using: &self), at: index)
      }
    }
    return bytes
  }

  /// `bytes` cut into pieces of random size.
  mutating func pieces(of bytes: [UInt8], upTo maximum: Int) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = min(start + Int.random(in: 1...maximum, using: &self), bytes.count)
      pieces.append(bytes[start..<end])
      start = end
    }
    return pieces
  }

  /// A string of up to `count` scalars from all over Unicode, favouring what needs escaping.
  mutating func string(upTo count: Int) -> String {
    let favourites: [Unicode.Scalar] = ["\"", "\\", "\n", "\r", "\u{0}", "é", "€", "😀", "a", " "]
    var string = ""
    for _ in 0..<Int.random(in: 0...count, using: &self) {
      let drawn = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &self))
      let favourite = favourites.randomElement(using: &self)
      guard let scalar = Bool.random(using: &self) ? drawn ?? favourite : favourite else {
        continue
      }
      string.unicodeScalars.append(scalar)
    }
    return string
  }
}
