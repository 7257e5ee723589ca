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

  /// Whether outputs wait to be asked for; no input is offered until none do. Default false.
  var isPending: Bool { get }

  /// Gives out at most `room` outputs that wait; `now` is that of the call that led to them.
  /// Default: nothing.
  mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void)

  /// The stages it consists of, with what each has counted, in order.
  var stages: [StageStatistics] { get }
}

extension Operator {
  /// False: at most one output per call.
  @inlinable public static var expands: Bool { false }
  /// Does nothing: most operators know no event time.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {}
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
}

/// What one stage of a flow has counted.
public struct StageStatistics: Hashable, Sendable {
  /// One counter: why, and how often.
  public struct Counter: Hashable, Sendable {
    /// What was counted, in one word such as `late`, `conflated` or `dropped`.
    public let name: String
    /// How often.
    public let value: UInt64
  }

  /// The operator's name, as it is called on a flow.
  public let name: String
  /// What it counted, in a fixed order.
  public let counters: [Counter]

  /// Makes the statistics of a stage.
  public init(_ name: String, _ counters: KeyValuePairs<String, UInt64> = [:]) {
    self.name = name
    self.counters = counters.map { Counter(name: $0.key, value: $0.value) }
  }

  /// The counter of that name; 0 if there is none.
  public subscript(counter: String) -> UInt64 {
    counters.first { $0.name == counter }?.value ?? 0
  }
}
