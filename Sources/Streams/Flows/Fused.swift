// SPDX-License-Identifier: Apache-2.0

/// Two operators as one value, without a queue or a box between them.
public struct Fused<First: Operator, Second: Operator>: Operator
where First.Output == Second.Input {
  @usableFromInline var first: First
  @usableFromInline var second: Second
  /// What the second must still take, then be told.
  ///
  /// It is what the first gave out while the second still held outputs, or had failed, and at most one
  /// message, behind that and behind all that the first has to say. No input is offered to the first
  /// then. One field and not two: the compiler keeps a chain in registers only if it has few.
  @usableFromInline var behind: [Behind] = []

  /// Something that comes behind outputs which still wait.
  @usableFromInline
  enum Behind: Sendable {
    case element(Second.Input)
    case message(Message)

    @inlinable var isMessage: Bool {
      if case .message = self { true } else { false }
    }
  }

  /// What the second is told.
  @usableFromInline
  enum Message: Sendable {
    case advance(Timestamp, Timestamp)
    case fire(Timestamp)
    case finish(Timestamp)
  }

  /// Puts `second` behind `first`.
  @inlinable
  public init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  /// Whether one of the two does.
  @inlinable public static var expands: Bool { First.expands || Second.expands }

  /// Offers the element to the first; the second takes what comes out.
  @inlinable
  public mutating func receive(
    _ element: First.Input,
    at now: Timestamp,
    _ emit: (Second.Output) -> Void
  ) {
    first.receive(element, at: now) {
      if Second.ends, second.isDone { return }
      second.receive($0, at: now, emit)
    }
  }

  /// Tells the first, then the second behind all that the first had to say.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Second.Output) -> Void
  ) {
    if !isSecondDone, first.nextWatermark <= watermark {
      first.advance(to: watermark, at: now) {
        Self.offer($0, to: &second, behind: &behind, at: now, emit)
      }
    }
    tell(.advance(watermark, now), emit)
  }

  /// Tells both, but not the second before the first has given out what this watermark fires.
  @inlinable
  public mutating func hear(_ watermark: Timestamp) {
    first.hear(watermark)
    if first.nextWatermark > watermark { second.hear(watermark) }
  }

  /// Tells those whose deadline has come, the first before the second.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Second.Output) -> Void) {
    if !isSecondDone, first.deadline <= now {
      first.fire(at: now) {
        Self.offer($0, to: &second, behind: &behind, at: now, emit)
      }
    }
    tell(.fire(now), emit)
  }

  /// Ends the first, then the second behind all that the first had to say.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Second.Output) -> Void) {
    if !isSecondDone {
      first.finish(at: now) {
        Self.offer($0, to: &second, behind: &behind, at: now, emit)
      }
    }
    tell(.finish(now), emit)
  }

  /// Whether the second takes no further element: what the first has to say is of no use then.
  @inlinable var isSecondDone: Bool {
    if Second.ends { second.isDone } else { false }
  }

  /// Offers an output of the first to the second, or keeps it while the second holds outputs or a
  /// failure.
  @inlinable
  static func offer(
    _ element: Second.Input,
    to second: inout Second,
    behind: inout [Behind],
    at now: Timestamp,
    _ emit: (Second.Output) -> Void
  ) {
    if Second.ends, second.isDone { return }
    guard Second.holds else { return second.receive(element, at: now, emit) }
    if !second.isPending, !second.hasFailures, behind.first?.isMessage ?? true {
      second.receive(element, at: now, emit)
    } else {
      let hasMessage = behind.last?.isMessage ?? false
      behind.insert(.element(element), at: hasMessage ? behind.count - 1 : behind.count)
    }
  }

  /// Passes something on to the second operator, behind what the first still holds.
  @inlinable
  mutating func tell(_ message: Message, _ emit: (Second.Output) -> Void) {
    if behind.last?.isMessage ?? false { behind.removeLast() }
    let mustWait = if isPending { true } else { hasFailures }
    if mustWait {
      behind.append(.message(message))
      return
    }
    switch message {
    case .advance(let watermark, let now):
      if second.nextWatermark <= watermark { second.advance(to: watermark, at: now, emit) }
    case .fire(let now):
      if second.deadline <= now { second.fire(at: now, emit) }
    case .finish(let now):
      second.finish(at: now, emit)
    }
  }

  /// The earlier of the two.
  @inlinable public var deadline: Timestamp { min(first.deadline, second.deadline) }
  /// The lesser of the two.
  @inlinable public var nextWatermark: Timestamp { min(first.nextWatermark, second.nextWatermark) }
  /// The later of the two.
  @inlinable public var latestEnd: Timestamp { max(first.latestEnd, second.latestEnd) }

  /// Whether one of the two holds outputs, or the second must still be told something.
  @inlinable public var isPending: Bool {
    // Asked behind every element, so without `||`: it makes a closure of its right side, and a closure
    // makes the compiler copy the operators, which takes longer than most of them do.
    guard Self.holds else { return false }
    if First.holds, !isSecondDone, first.isPending { return true }
    if Second.holds, second.isPending { return true }
    return !behind.isEmpty
  }

  /// Gives out what waits in the second before it takes more from the first; nothing behind a failure.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Second.Output) -> Void) {
    var left = room
    while left > 0, isPending {
      if Self.fails, hasFailures { return }
      if Second.holds, second.isPending {
        second.resume(at: now, room: left) {
          left -= 1
          emit($0)
        }
      } else if case .element(let element) = behind.first {
        behind.removeFirst()
        if isSecondDone { continue }
        second.receive(element, at: now) {
          left -= 1
          emit($0)
        }
      } else if First.holds, !isSecondDone, first.isPending {
        first.resume(at: now, room: 1) { element in
          Self.offer(element, to: &second, behind: &behind, at: now) {
            left -= 1
            emit($0)
          }
        }
      } else if case .message(let message) = behind.first {
        tell(message) {
          left -= 1
          emit($0)
        }
      }
    }
  }

  /// Whether one of the two does.
  @inlinable public static var ends: Bool { First.ends || Second.ends }
  /// Whether one of the two takes no further element.
  @inlinable public var isDone: Bool {
    if First.ends, first.isDone { return true }
    return if Second.ends { second.isDone } else { false }
  }

  /// The first's stages, then the second's.
  public var stages: [StageStatistics] { first.stages + second.stages }
}
