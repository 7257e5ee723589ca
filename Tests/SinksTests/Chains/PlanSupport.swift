// SPDX-License-Identifier: Apache-2.0
@testable import Sinks

/// The plan of a chain in JSON.
func plan(_ text: String, limits: ChainLimits = .init()) throws -> ChainPlan {
  try ChainPlan(text: Array(text.utf8), limits: limits)
}

/// What is said of a chain that is refused; empty if it is not.
func refusal(_ text: String, limits: ChainLimits = .init()) -> String {
  do throws(ChainViolation) {
    _ = try ChainPlan(text: Array(text.utf8), limits: limits)
    return ""
  } catch {
    return error.description
  }
}
