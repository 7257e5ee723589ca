// SPDX-License-Identifier: Apache-2.0
import Streams

/// What a sequence still has to give, one element ahead, so that its end is known.
@usableFromInline
struct PendingSegment<Input: Sendable, Segment: Sequence>: Sendable
where Segment.Element: Sendable, Segment.Iterator: Sendable {
  /// The element whose sequence it is.
  @usableFromInline var element: Input?
  @usableFromInline var iterator: Segment.Iterator?
  /// What is given next; `nil` if the sequence has no more.
  @usableFromInline var next: Segment.Element?
  /// How many elements were given.
  @usableFromInline var given: UInt64 = 0

  @inlinable init() {}

  /// Gives the first element; the others wait.
  @inlinable
  mutating func begin(_ segment: Segment, of element: Input, _ emit: (Segment.Element) -> Void) {
    var iterator = segment.makeIterator()
    guard let first = iterator.next() else { return }
    if let second = iterator.next() {
      self.element = element
      self.iterator = iterator
      next = second
      given = 1
    }
    emit(first)
  }

  /// Gives at most `room` elements.
  @inlinable
  mutating func give(_ room: Int, _ emit: (Segment.Element) -> Void) {
    var left = room
    while left > 0, let element = next {
      left -= 1
      given &+= 1
      next = iterator?.next()
      if next == nil { end() }
      emit(element)
    }
  }

  @inlinable
  mutating func end() {
    element = nil
    iterator = nil
    next = nil
    given = 0
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.encode(element)
    encoder.write(given)
  }

  /// Makes the sequence anew and leaves out what was given.
  mutating func restore(
    from decoder: inout StateDecoder,
    _ transform: (Input) throws -> Segment
  ) throws(StateError) {
    let element = try decoder.decode(Input?.self)
    let index = decoder.index
    let given = try decoder.readUInt64()
    end()
    guard let element else { return }
    guard var iterator = try? transform(element).makeIterator() else {
      // It did not throw when it was first asked, so the bytes or the program have changed.
      throw .malformed(at: index, expected: "an element that has a sequence")
    }
    for _ in 0..<given where iterator.next() == nil {
      throw .malformed(at: index, expected: "a part of the element's sequence")
    }
    next = iterator.next()
    guard next != nil else {
      throw .malformed(at: index, expected: "a part of the element's sequence")
    }
    (self.element, self.iterator, self.given) = (element, iterator, given)
  }
}
