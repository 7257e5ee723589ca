// SPDX-License-Identifier: Apache-2.0

/// A synchronous state machine: elements and time go in, elements come out.
///
/// An operator never reads a clock, waits or starts a task. `now` is the `appended` of the entry at
/// hand, so what an operator does is a function of the log. It emits at most one output per call,
/// unless it ``expands``: then it keeps what it has to say and gives it out in ``resume(at:room:_:)``.
public protocol Operator<Input, Output>: Sendable {
  /// What goes in.
  associatedtype Input: Sendable
  /// What comes out.
  associatedtype Output: Sendable

  /// Whether one call may lead to more than one output, or to several that wait. Default false.
  static var expands: Bool { get }

  /// Takes one element.
  mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void)

  /// Hears that the watermark has reached at least ``nextWatermark``. Default: nothing.
  mutating func advance(to watermark: Timestamp, at now: Timestamp, _ emit: (Output) -> Void)

  /// Hears where the watermark stands before it takes an element that is behind it, and with each mark:
  /// windows judge by it what is late. It emits nothing. Default: nothing.
  mutating func hear(_ watermark: Timestamp)

  /// Hears that its ``deadline`` has come; `now` is that deadline. Default: nothing.
  mutating func fire(at now: Timestamp, _ emit: (Output) -> Void)

  /// Hears that no further element, watermark or deadline will come. Default: nothing.
  mutating func finish(at now: Timestamp, _ emit: (Output) -> Void)

  /// When it next wants ``fire(at:_:)``. Default `.never`.
  var deadline: Timestamp { get }

  /// The least watermark that it needs to hear of. Default `.never`.
  var nextWatermark: Timestamp { get }

  /// The greatest end among its open windows: where the watermark moves at an end of input.
  /// Default `.distantPast`.
  var latestEnd: Timestamp { get }

  /// Whether outputs wait to be asked for, or something waits to be told behind them or behind a
  /// failure; no input is offered until nothing does.
  ///
  /// It is only asked of an operator that ``holds``. Default false.
  var isPending: Bool { get }

  /// Gives out at most `room` outputs that wait; `now` is that of the call that led to them. It stops
  /// where something fails, which must be seen to first. Default: nothing.
  mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void)

  /// Whether it may come to an end before its input does, as `prefix` does. Default false.
  static var ends: Bool { get }

  /// Whether it takes no further element: the flow ends when it has given out what it holds.
  /// Default false.
  var isDone: Bool { get }

  /// Whether a closure of its user may throw. Default false.
  static var fails: Bool { get }

  /// Whether ``takeFailures(_:)`` has something to give. Default false.
  var hasFailures: Bool { get }

  /// Hands over the elements whose closure threw, in order, and forgets them. Default: none.
  mutating func takeFailures(_ take: (ElementFailure) -> Void)

  /// Whether ``restart(as:_:_:)`` can let it try again what it has failed on; asked where it
  /// ``hasFailures``. If not, the policy to restart ends the flow at once. Default true.
  var isRestartable: Bool { get }

  /// Starts anew, in place of ``takeFailures(_:)``, what of it has failed, and lets that take the
  /// elements again on which it has failed; whatever has not failed is left alone.
  ///
  /// Default: it becomes `fresh`, unless it is a ``StatelessOperator``, and takes the elements of its
  /// failures, as far as they are of its input. It may fail again.
  /// - Parameters:
  ///   - fresh: The operator as it was when the flow was made.
  ///   - restart: When that is.
  ///   - emit: Takes what comes out.
  mutating func restart(as fresh: Self, _ restart: Restart, _ emit: (Output) -> Void)

  /// Whether elements wait that leave beside the output. Default false.
  var hasSideWrites: Bool { get }

  /// Hands over what leaves beside the output, such as late elements, and forgets it. Default: none.
  mutating func takeSideWrites(_ take: (SideWrite) -> Void)

  /// Writes down all it holds, so that a copy of it as it was made can go on from there.
  ///
  /// Counters are not part of it. A ``StatelessOperator`` writes nothing. Mutating, for what keeps
  /// track of what it has written; what it holds stays as it is.
  /// - Throws: ``StateError`` if an element or a key can't be stored.
  mutating func encode(into encoder: inout StateEncoder) throws(StateError)

  /// Takes over what ``encode(into:)`` has written; called once, before anything else.
  ///
  /// - Throws: ``StateError`` if the bytes are not such a state; it must then be thrown away.
  mutating func restore(from decoder: inout StateDecoder) throws(StateError)

  /// The stages it consists of, with what each has counted, in order.
  var stages: [StageStatistics] { get }
}

/// An operator that holds nothing from one element to the next.
public protocol StatelessOperator: Operator {}

extension StatelessOperator {
  /// Writes nothing.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {}
  /// Reads nothing.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {}
}

extension Operator {
  /// Whether it ``expands`` or ``fails``.
  ///
  /// Then something may have to wait in it or before it, for room or for a failure to be seen to; only
  /// then may ``isPending`` be true.
  @inlinable public static var holds: Bool { if expands { true } else { fails } }
  /// False: at most one output per call.
  @inlinable public static var expands: Bool { false }
  /// Does nothing: most operators know no event time.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {}
  /// Does nothing: most operators judge no element by the watermark.
  @inlinable public mutating func hear(_ watermark: Timestamp) {}
  /// Does nothing: an operator without a deadline is not called.
  @inlinable public mutating func fire(at now: Timestamp, _ emit: (Output) -> Void) {}
  /// Does nothing: most operators hold nothing.
  @inlinable public mutating func finish(at now: Timestamp, _ emit: (Output) -> Void) {}
  /// Never.
  @inlinable public var deadline: Timestamp { .never }
  /// Never.
  @inlinable public var nextWatermark: Timestamp { .never }
  /// None: there are no windows.
  @inlinable public var latestEnd: Timestamp { .distantPast }
  /// False: nothing waits.
  @inlinable public var isPending: Bool { false }
  /// Does nothing: nothing waits.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {}
  /// False: it ends with its input.
  @inlinable public static var ends: Bool { false }
  /// False: it takes every element.
  @inlinable public var isDone: Bool { false }
  /// False: none of its closures throws.
  @inlinable public static var fails: Bool { false }
  /// False.
  @inlinable public var hasFailures: Bool { false }
  /// True: it takes its elements again.
  @inlinable public var isRestartable: Bool { true }
  /// Hands over none.
  @inlinable public mutating func takeFailures(_ take: (ElementFailure) -> Void) {}
  /// False: everything leaves by the output.
  @inlinable public var hasSideWrites: Bool { false }
  /// Hands over none.
  @inlinable public mutating func takeSideWrites(_ take: (SideWrite) -> Void) {}
}
