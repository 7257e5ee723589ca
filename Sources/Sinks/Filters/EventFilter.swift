// SPDX-License-Identifier: Apache-2.0
public import Codecs

/// A condition on events, compiled once and shared by all who ask for the same.
///
/// Two filters that say the same, as far as that is recognised, have the same ``canonicalForm``, and
/// a ``FilterCatalog`` gives the same object for them.
public final class EventFilter: Sendable {
  /// A text that says what the filter says, the same for all of its spellings.
  public let canonicalForm: String
  /// What an evaluation may cost.
  public let cost: FilterCost
  let program: FilterProgram
  /// The texts one of which a field of the event must be, if the filter demands that.
  let equality: FilterEquality?

  private init(
    _ expression: FilterExpression,
    limits: FilterLimits
  ) throws(FilterViolation) {
    let canonical = expression.canonical
    canonicalForm = canonical.form
    (program, cost) = try FilterProgram.compile(canonical, limits: limits)
    equality = FilterEquality(of: canonical)
  }

  /// Compiles an expression in the syntax of CEL.
  ///
  /// - Parameters:
  ///   - text: The expression, such as `type == "purchase" && data.amount > 100`.
  ///   - limits: What is allowed.
  /// - Throws: ``FilterViolation``, the fault of who wrote it.
  public convenience init(
    expression text: String,
    limits: FilterLimits = .init()
  ) throws(FilterViolation) {
    try self.init(ExpressionParser.parse(text, limits: limits), limits: limits)
  }

  /// Compiles a tag filter from JSON, the value of `tf`.
  ///
  /// - Parameters:
  ///   - json: The filter's root.
  ///   - limits: What is allowed.
  /// - Throws: ``FilterViolation``, the fault of who wrote it.
  public convenience init(
    tagFilter json: JSONView,
    limits: FilterLimits = .init()
  ) throws(FilterViolation) {
    try self.init(tagFilter: TagFilterNode(json: json, limits: limits), limits: limits)
  }

  /// Compiles a tag filter.
  ///
  /// - Parameters:
  ///   - node: The filter's root.
  ///   - limits: What is allowed.
  /// - Throws: ``FilterViolation``, the fault of who wrote it.
  public convenience init(
    tagFilter node: TagFilterNode,
    limits: FilterLimits = .init()
  ) throws(FilterViolation) {
    try self.init(node.expression(limits: limits), limits: limits)
  }
}
