// SPDX-License-Identifier: Apache-2.0
import Streams

/// Windows that close by the number of their elements.
public struct CountWindows: Hashable, Sendable {
  @usableFromInline let size: Int
  @usableFromInline let every: Int
  /// The length of the stretches that windows share: every window consists of whole ones.
  @usableFromInline let pane: Int

  /// Whether each element is in one window.
  @inlinable var isTumbling: Bool { every == size }

  /// Windows of so many elements of a key.
  ///
  /// - Parameters:
  ///   - size: The number of elements, at least one.
  ///   - every: After how many elements of its key the next window begins, at most the size. Default:
  ///     the size, so that each element is in one window.
  /// - Returns: The windows.
  public static func count(_ size: Int, every: Int? = nil) -> CountWindows {
    CountWindows(size: size, every: every ?? size)
  }

  private init(size: Int, every: Int) {
    precondition(size >= 1, "a window has at least one element")
    precondition(every >= 1 && every <= size, "windows follow each other within their size")
    self.size = size
    self.every = every
    var (a, b) = (size, every)
    while b != 0 { (a, b) = (b, a % b) }
    pane = a
  }
}
