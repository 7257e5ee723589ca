// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A sink that remembers what a pipeline wrote into it, in order, and takes no more than it asked
/// for.
///
/// Unless it is made with a demand it takes everything at once. Marks need no demand: they pass as
/// soon as the elements before them were taken.
///
/// ```swift
/// let sink = ProbeSink<Int>(demand: 0)
/// sink.request(2)
/// try await sink.expectElements(1, 2)
/// ```
public final class ProbeSink<Element: Sendable>: FlowSink {
  /// One thing that was written.
  public enum Item: Sendable {
    /// An element, alone or as one of several.
    case element(Element)
    /// A mark.
    case mark(Mark)
  }

  /// The error of a probe that was asked to fail.
  public struct Failure: Error, Hashable {
    /// Makes the error.
    public init() {}
  }

  /// The name it was given.
  public let name: String
  let watched: Watched<ProbeSinkState<Element>>

  /// Makes an empty probe.
  ///
  /// - Parameters:
  ///   - name: The name to show for it.
  ///   - capacity: How many elements it takes before it fails. Default: any number.
  ///   - demand: How many elements it takes until ``request(_:)``. Default: any number.
  public init(_ name: String = "probe", failingAfter capacity: Int = .max, demand: Int = .max) {
    precondition(demand >= 0, "a demand is not negative")
    self.name = name
    watched = Watched(ProbeSinkState(capacity: capacity, demand: demand))
  }

  /// What was written so far.
  public var items: [Item] { watched.state.items }

  /// The elements among what was written.
  public var elements: [Element] { items.compactMap(\.element) }

  /// The marks among what was written.
  public var marks: [Mark] {
    items.compactMap { if case .mark(let mark) = $0 { mark } else { nil } }
  }

  /// Remembers the elements, suspends while more were written than were asked for.
  ///
  /// Cancelling the task leaves those that were taken.
  /// - Throws: ``Failure`` if they are more than it takes, of which it then takes none; what
  ///   ``fail(_:)`` was given; ``InvalidDemand``; `CancellationError`.
  public nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    try begin(elements.count)
    defer { watched.change { $0.isWriting = false } }
    var index = 0
    while true {
      let taken = watched.change { $0.take(elements[index...]) }
      index += taken
      if let failure = watched.state.failure { throw failure }
      if index == elements.count { return }
      try await watched.wait { $0.demand > 0 || $0.failure != nil }
    }
  }

  private func begin(_ count: Int) throws {
    let error: (any Error)? = watched.change { state in
      if state.isWriting { state.overlaps += 1 }
      state.isWriting = true
      if state.count > state.capacity - count { state.failure = state.failure ?? Failure() }
      if state.failure != nil { state.isWriting = false }
      return state.failure
    }
    if let error { throw error }
  }

  /// Remembers the mark.
  ///
  /// - Throws: What ``fail(_:)`` was given; ``InvalidDemand``.
  public nonisolated(nonsending) func write(_ mark: Mark) async throws {
    let error: (any Error)? = watched.change { state in
      if state.isWriting { state.overlaps += 1 }
      if state.failure == nil { state.items.append(.mark(mark)) }
      return state.failure
    }
    if let error { throw error }
  }
}

/// What a probe holds and wants.
struct ProbeSinkState<Element: Sendable>: Sendable {
  let capacity: Int
  /// Elements asked for and not written yet; `.max` is any number.
  var demand: Int
  var items: [ProbeSink<Element>.Item] = []
  /// The elements among the items.
  var count = 0
  /// The items that a test has looked at.
  var expectedCount = 0
  var failure: (any Error)?
  var isWriting = false
  /// Writes that began before the one before had ended.
  var overlaps = 0

  /// Takes as many as were asked for; answers how many.
  mutating func take(_ elements: ArraySlice<Element>) -> Int {
    guard failure == nil else { return 0 }
    let taken = min(demand, elements.count)
    items += elements.prefix(taken).map { .element($0) }
    count += taken
    if demand < .max { demand -= taken }
    return taken
  }
}

extension ProbeSink.Item {
  /// The element, if it is one.
  var element: Element? { if case .element(let element) = self { element } else { nil } }
}

extension ProbeSink.Item: Equatable where Element: Equatable {}
extension ProbeSink.Item: Hashable where Element: Hashable {}
