// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Counts what a server holds for its clients beyond what topics keep.
public protocol HeldBytes: Sendable {
  /// Whether nothing should be added.
  var isExhausted: Bool { get }
  /// Adds to what is held, or takes from it.
  func change(by difference: Int)
}

/// What was read from disk for one client and is not sent yet; it counts as held as long as this lives.
final class HeldReading: Sendable {
  private let held: any HeldBytes
  private let bytes = Atomic<Int>(0)

  /// Begins with nothing.
  init(_ held: any HeldBytes) { self.held = held }

  deinit { held.change(by: -bytes.load(ordering: .relaxed)) }

  /// Adds what was read.
  func add(_ count: Int) {
    bytes.add(count, ordering: .relaxed)
    held.change(by: count)
  }
}
