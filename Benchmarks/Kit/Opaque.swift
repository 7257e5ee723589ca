// SPDX-License-Identifier: Apache-2.0

/// Gives back its argument, which the optimiser then knows nothing about.
///
/// - Parameter value: What must not be seen through.
/// - Returns: The same.
@inline(never)
@_optimize(none)
public func opaque<Value>(_ value: Value) -> Value {
  value
}
