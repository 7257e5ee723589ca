// SPDX-License-Identifier: Apache-2.0

/// A queue that is appended to at its end and taken from at its front, both in O(1) on average.
@usableFromInline
struct FrontQueue<Element: Sendable>: Sendable {
  @usableFromInline var slots: [Element?] = []
  /// Slots at the front that are taken; they leave memory now and then, many at once.
  @usableFromInline var taken = 0

  @inlinable init() {}

  @inlinable var count: Int { slots.count - taken }
  @inlinable var isEmpty: Bool { count == 0 }
  @inlinable var first: Element? { isEmpty ? nil : slots[taken] }
  /// All of them, in order.
  @inlinable var elements: [Element] { slots[taken...].compactMap { $0 } }

  @inlinable
  mutating func append(_ element: Element) {
    slots.append(element)
  }

  @inlinable
  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = slots[taken]
    slots[taken] = nil
    taken += 1
    if taken == slots.count {
      slots.removeAll(keepingCapacity: taken <= 1_024)
      taken = 0
    } else if taken >= 64, taken * 2 >= slots.count {
      slots.removeFirst(taken)
      taken = 0
    }
    return element
  }
}
