// SPDX-License-Identifier: Apache-2.0

extension NexmarkQuery {
  /// The queries that Weir runs, in the order of their numbers.
  public static let all = [
    q0, q1, q2, q3, q5, q7, q8, q11, q12, q13, q14, q15, q16, q17, q18, q19, q21, q22,
  ]

  /// Other forms of some of them: with estimates, and telling what changes as it does.
  public static let variants = [
    q15Approximate, q16Approximate, q15Updates, q16Updates, q17Updates, q18Updates, q19Updates,
  ]

  /// The query with a name: one of ``all``, of ``variants``, or `count`.
  public static func named(_ name: String) -> NexmarkQuery? {
    (all + variants + [tumblingCount]).first { $0.name == name }
  }
}
