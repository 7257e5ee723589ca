// SPDX-License-Identifier: Apache-2.0

/// A token of an expression.
struct ExpressionToken: Sendable {
  enum Content: Equatable, Sendable {
    case name(String)
    /// A whole number without its sign, which CEL makes an operator.
    case int(UInt64)
    case double(Double)
    case text(String)
    /// An operator or a bracket.
    case sign(String)
    case end
  }

  let content: Content
  /// How it is written; empty at the end.
  let spelling: String
  /// Where it begins, from 1, in Unicode scalars.
  let column: Int

  /// Its place, for messages.
  var place: FilterViolation.Place {
    let shown = spelling.unicodeScalars.prefix(40)
    let isWhole = shown.count == spelling.unicodeScalars.count
    return .column(column, token: isWhole ? spelling : String(shown) + "…")
  }

  func isSign(_ sign: String) -> Bool { content == .sign(sign) }
}
