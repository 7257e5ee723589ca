// SPDX-License-Identifier: Apache-2.0

/// Elements of many keys in one array, those of a key linked to each other in the order in which
/// they came: so a key costs no memory of its own.
@usableFromInline
struct LinkedColumn<Element: Sendable>: Sendable {
  /// Where the elements of a key stand.
  @usableFromInline
  struct Chain: Sendable {
    @usableFromInline var first: Int32 = -1
    @usableFromInline var last: Int32 = -1
    @usableFromInline var count: Int32 = 0

    @inlinable init() {}
  }

  @usableFromInline var elements: [Element] = []
  /// Where the next element of the same key stands; −1 behind the last.
  @usableFromInline var following: [Int32] = []

  @inlinable init() {}

  /// Appends an element to those of a key.
  @inlinable
  mutating func append(_ element: Element, to chain: inout Chain) {
    let place = Int32(truncatingIfNeeded: elements.count)
    elements.append(element)
    following.append(-1)
    if chain.count == 0 { chain.first = place } else { following[Int(chain.last)] = place }
    chain.last = place
    chain.count += 1
  }

  /// The elements of a key, in order.
  @inlinable
  func elements(of chain: Chain) -> [Element] {
    if chain.count == 0 { return [] }
    if chain.count == 1 { return [elements[Int(chain.first)]] }
    var found: [Element] = []
    found.reserveCapacity(Int(chain.count))
    var place = Int(chain.first)
    while place >= 0 {
      found.append(elements[place])
      place = Int(following[place])
    }
    return found
  }
}
