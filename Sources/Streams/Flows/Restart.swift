// SPDX-License-Identifier: Apache-2.0

/// When operators go on after a failure; see ``Operator/restart(as:_:_:)``.
public struct Restart: Sendable {
  /// The instant of the entry or the deadline at which something failed: what comes out counts as
  /// of then.
  public let now: Timestamp
  /// The instant of the restart, by the source's clock.
  public let instant: Timestamp
  /// Where the watermark stands.
  public let watermark: Timestamp

  /// Makes a restart.
  public init(now: Timestamp, instant: Timestamp, watermark: Timestamp) {
    self.now = now
    self.instant = instant
    self.watermark = watermark
  }
}

extension Operator {
  /// Becomes what it was when the flow was made, and takes again what it has failed on.
  public mutating func restart(as fresh: Self, _ restart: Restart, _ emit: (Output) -> Void) {
    let elements = takeFailedInputs()
    self = fresh
    if restart.watermark > .distantPast { hear(restart.watermark) }
    for element in elements { receive(element, at: restart.now, emit) }
  }

  /// Forgets its failures; answers the elements on which it has failed.
  mutating func takeFailedInputs() -> [Input] {
    var elements: [Input] = []
    takeFailures { failure in
      guard let element = failure.element else { return }
      if let element = element as? Input { elements.append(element) }
    }
    return elements
  }
}

extension StatelessOperator {
  /// Takes again what it has failed on; there is nothing to begin anew, and it goes on counting.
  public mutating func restart(as fresh: Self, _ restart: Restart, _ emit: (Output) -> Void) {
    for element in takeFailedInputs() { receive(element, at: restart.now, emit) }
  }
}

extension Fused {
  /// Whether all that has failed of the two can try again.
  public var isRestartable: Bool {
    if First.fails, first.hasFailures, !first.isRestartable { return false }
    return if Second.fails, second.hasFailures { second.isRestartable } else { true }
  }

  /// Starts anew what has failed of the two, the second first: its element came before.
  public mutating func restart(
    as fresh: Fused,
    _ restart: Restart,
    _ emit: (Second.Output) -> Void
  ) {
    if Second.fails, second.hasFailures { second.restart(as: fresh.second, restart, emit) }
    guard First.fails, first.hasFailures else { return }
    first.restart(as: fresh.first, restart) {
      Self.offer($0, to: &second, behind: &behind, at: restart.now, emit)
    }
  }
}
