// SPDX-License-Identifier: Apache-2.0

/// Why a filter is refused, for the person who wrote it; the client's fault.
public struct FilterViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Kind: Sendable {
    /// The text does not follow the grammar.
    case syntax
    /// A name or a function that there is none of.
    case unknownName
    /// A part of CEL that is not offered.
    case unsupported
    /// Values of types that don't go together.
    case type
    /// Longer, deeper or larger than the limits allow.
    case limit
    /// Evaluating it could cost more than the limits allow.
    case cost
  }

  /// Where the fault is.
  public enum Place: Equatable, Sendable {
    /// In the filter as a whole.
    case whole
    /// In an expression: the column, from 1, in Unicode scalars, and the token that stands there.
    case column(Int, token: String)
    /// In a tag filter: the node, such as `tf.nodes[1]`, and the field at fault.
    case node(String, field: String)
  }

  /// What kind of fault it is.
  public let kind: Kind
  /// Where it is.
  public let place: Place
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String

  init(_ kind: Kind, at place: Place, _ problem: String, remedy: String) {
    self.kind = kind
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }

  /// The place, the problem and the remedy on one line.
  public var description: String {
    switch place {
    case .whole: "\(problem); \(remedy)"
    case .column(let column, ""): "column \(column), at the end: \(problem); \(remedy)"
    case .column(let column, let token): "column \(column), at \(token): \(problem); \(remedy)"
    case .node(let node, let field): "\(node), field \(field): \(problem); \(remedy)"
    }
  }
}
