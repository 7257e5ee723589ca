// SPDX-License-Identifier: Apache-2.0
public import Streams
import Synchronization

/// A sink that remembers what a pipeline wrote into it, in order.
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
  private let capacity: Int
  private let state = Mutex<[Item]>([])

  /// Makes an empty probe.
  ///
  /// - Parameters:
  ///   - name: The name to show for it.
  ///   - capacity: How many elements it takes before it fails. Default: any number.
  public init(_ name: String = "probe", failingAfter capacity: Int = .max) {
    self.name = name
    self.capacity = capacity
  }

  /// What was written so far.
  public var items: [Item] { state.withLock { $0 } }

  /// The elements among what was written.
  public var elements: [Element] {
    items.compactMap { if case .element(let element) = $0 { element } else { nil } }
  }

  /// The marks among what was written.
  public var marks: [Mark] {
    items.compactMap { if case .mark(let mark) = $0 { mark } else { nil } }
  }

  /// Remembers the elements.
  ///
  /// - Throws: ``Failure`` if they are more than it takes; it then takes none of them.
  public nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    guard self.elements.count + elements.count <= capacity else { throw Failure() }
    state.withLock { $0 += elements.map { .element($0) } }
  }

  /// Remembers the mark.
  public nonisolated(nonsending) func write(_ mark: Mark) async throws {
    state.withLock { $0.append(.mark(mark)) }
  }
}

extension ProbeSink.Item: Equatable where Element: Equatable {}
extension ProbeSink.Item: Hashable where Element: Hashable {}
