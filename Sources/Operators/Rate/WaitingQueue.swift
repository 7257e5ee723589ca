// SPDX-License-Identifier: Apache-2.0
import Streams

/// Elements in the order in which they came; taking the first costs O(1) on average.
@usableFromInline
struct WaitingQueue<Element: Sendable>: Sendable {
  /// What waits, behind places that are empty already.
  @usableFromInline var places: [Element?] = []
  /// The number of empty places at the front.
  @usableFromInline var taken = 0

  @usableFromInline init() {}

  @inlinable var count: Int { places.count - taken }
  @inlinable var isEmpty: Bool { places.count == taken }
  @inlinable var first: Element? { isEmpty ? nil : places[taken] }

  @inlinable
  mutating func append(_ element: Element) {
    places.append(element)
  }

  @inlinable
  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = places[taken].take()
    taken += 1
    if taken == places.count || taken >= 1_024 && 2 * taken >= places.count { compact() }
    return element
  }

  /// Gives the empty places back.
  @usableFromInline
  mutating func compact() {
    places.removeFirst(taken)
    taken = 0
    if places.isEmpty, places.capacity > 1_024 { places = [] }
  }

  func encode(
    into encoder: inout StateEncoder,
    _ write: (Element, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    encoder.write(UInt64(count))
    for case let element? in places { try write(element, &encoder) }
  }

  init(
    from decoder: inout StateDecoder,
    _ read: (inout StateDecoder) throws(StateError) -> Element
  ) throws(StateError) {
    for _ in 0..<(try decoder.readCount()) { places.append(try read(&decoder)) }
  }
}
