// SPDX-License-Identifier: Apache-2.0

/// Why a chain is refused, for the person who wrote it; on the wire it is error 107.
public struct ChainViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Kind: Sendable {
    /// It is no chain, or a field of it is not what it must be.
    case syntax
    /// An operator, a field or an aggregate that there is none of.
    case unknownName
    /// Stages that don't go together.
    case order
    /// More than the limits allow.
    case limit
  }

  /// What kind of fault it is.
  public let kind: Kind
  /// The stage at fault, from 1; `nil` where it is the chain as a whole.
  public let stage: Int?
  /// The field at fault, such as `throttle.every`; empty where it is the stage as a whole.
  public let field: String
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String

  init(
    _ kind: Kind = .syntax,
    stage: Int?,
    field: String = "",
    _ problem: String,
    remedy: String
  ) {
    self.kind = kind
    self.stage = stage
    self.field = field
    self.problem = problem
    self.remedy = remedy
  }

  /// The place, the problem and the remedy on one line.
  public var description: String {
    var places: [String] = []
    if let stage { places.append("stage \(stage)") }
    if !field.isEmpty { places.append("field \(field)") }
    let place = places.isEmpty ? "pipe" : places.joined(separator: ", ")
    return "\(place): \(problem); \(remedy)"
  }
}
