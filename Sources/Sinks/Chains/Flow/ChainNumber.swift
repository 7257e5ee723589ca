// SPDX-License-Identifier: Apache-2.0
import Operators

/// A number of JSON: whole as long as it can be.
enum ChainNumber: Sendable {
  case int(Int64)
  case double(Double)
}

extension ChainNumber: DoubleConvertible {
  var asDouble: Double {
    switch self {
    case .int(let int): Double(int)
    case .double(let double): double
    }
  }
}

extension ChainNumber: Comparable {
  private var value: FilterValue {
    switch self {
    case .int(let int): .int(int)
    case .double(let double): .double(double)
    }
  }

  /// Exact across both forms, as in filters.
  static func < (left: ChainNumber, right: ChainNumber) -> Bool {
    left.value.numberOrder(to: right.value).map { $0 < 0 } ?? false
  }

  static func == (left: ChainNumber, right: ChainNumber) -> Bool {
    left.value.numberOrder(to: right.value) == 0
  }
}

extension ChainNumber: Summable {
  static var zero: ChainNumber { .int(0) }

  /// Whole numbers stay whole, and stop at the greatest and the least.
  static func + (left: ChainNumber, right: ChainNumber) -> ChainNumber {
    switch (left, right) {
    case (.int(var sum), .int(let other)):
      sum.accumulate(other)
      return .int(sum)
    default: return .double(left.asDouble + right.asDouble)
    }
  }

  static func - (left: ChainNumber, right: ChainNumber) -> ChainNumber {
    switch (left, right) {
    case (.int(let value), .int(let other)):
      let (difference, overflows) = value.subtractingReportingOverflow(other)
      return .int(overflows ? (other > 0 ? .min : .max) : difference)
    default: return .double(left.asDouble - right.asDouble)
    }
  }
}
