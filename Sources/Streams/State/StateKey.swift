// SPDX-License-Identifier: Apache-2.0

/// How the parts of a pipeline's state are named.
///
/// Four bytes name a part of what is written as one, in their order. Else the first byte says what
/// it is.
public enum StateKey {
  /// A table that is gone, with all its entries: four bytes follow, its number.
  public static let dropped: UInt8 = 1
  /// An entry of a table: four bytes follow, the table's number, and then the entry's key.
  public static let entry: UInt8 = 2
  /// What tells of all the others.
  static let header: [UInt8] = [3]
  /// The bytes of an entry's key that stand in its name; longer ones are told apart by their hash.
  static let longest = 512

  /// The number of the table that a part is of or tells of; `nil` if it is of none.
  ///
  /// - Parameter name: The part's name.
  /// - Returns: Its kind, and the number.
  @inlinable
  public static func table(
    of name: some Collection<UInt8>
  ) -> (kind: UInt8, number: UInt32)? {
    guard name.count >= 5, let kind = name.first, kind == dropped || kind == entry else {
      return nil
    }
    return (kind, name.dropFirst().prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
  }

  /// The name of a part of what is written as one.
  ///
  /// - Parameters:
  ///   - index: Its place.
  ///   - isMoved: Whether the second set of names is meant, which stands behind the first.
  /// - Returns: The name.
  static func part(_ index: Int, isMoved: Bool) -> [UInt8] {
    number(isMoved ? index | 1 << 31 : index)
  }

  /// Which part of what is written as one a name means; `nil` if none.
  static func index(of name: [UInt8]) -> (index: Int, isMoved: Bool)? {
    guard name.count == 4 else { return nil }
    let number = name.reduce(0) { $0 << 8 | Int($1) }
    return (number & ~(1 << 31), number >> 31 == 1)
  }

  private static func number(_ number: Int) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// The name that says that a table is gone.
  static func dropped(_ number: UInt32) -> [UInt8] { [dropped] + Self.number(Int(number)) }

  /// The name of an entry of a table.
  ///
  /// - Parameters:
  ///   - number: The table's.
  ///   - key: The entry's key as it is written.
  /// - Returns: The name, and whether the key can be read from it.
  static func entry(_ number: UInt32, _ key: [UInt8]) -> (name: [UInt8], holdsKey: Bool) {
    let head = [entry] + Self.number(Int(number))
    if key.count <= longest { return (head + [0] + key, true) }
    var (first, second) = (StableHasher(), StableHasher())
    second.combine(UInt64(key.count))
    first.combine(bytes: key.span)
    second.combine(bytes: key.span)
    let hash = [first.hash, second.hash].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
    return (head + [1] + hash, false)
  }
}
