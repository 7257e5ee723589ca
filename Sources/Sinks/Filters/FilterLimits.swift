// SPDX-License-Identifier: Apache-2.0

/// Bounds on a filter that comes from outside.
public struct FilterLimits: Sendable {
  /// How long its text may be, in bytes of UTF-8.
  ///
  /// Default 8 KiB: a list of several hundred names, an eighth of a client's message.
  public var maximumBytes = 8 << 10
  /// How deep parentheses, negations and the nodes of a tag filter may nest.
  ///
  /// Default 32, the least that CEL asks of an implementation.
  public var maximumDepth = 32
  /// How many nodes it may have: literals, names, operators, calls and nodes of a tag filter.
  ///
  /// Default 1,000.
  public var maximumNodes = 1_000
  /// How many steps an evaluation may take at most, whatever the event is.
  ///
  /// Default 2,000. A step is an instruction, or 16 bytes of a literal that is compared.
  public var maximumSteps = 2_000
  /// How often an evaluation may pass over the bytes of the event at most.
  ///
  /// Default 16. One pass over the data finds all that a filter reads in it; another is counted where
  /// a part of the data or a text is read again, searched or counted.
  public var maximumPasses = 16

  /// Makes limits, the defaults.
  public init() {}
}

/// What an evaluation of a filter may take at most.
///
/// Its time is at most proportional to `steps` plus `passes` times the size of the event.
public struct FilterCost: Equatable, Sendable {
  /// Steps that don't depend on the event.
  public let steps: Int
  /// Passes over the bytes of the event; 0 for a filter that compares some texts with literals.
  public let passes: Int
}
