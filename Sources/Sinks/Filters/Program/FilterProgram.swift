// SPDX-License-Identifier: Apache-2.0
import Codecs

/// What an expression was compiled to: a flat list of instructions and what they refer to.
///
/// A class, so that an evaluation holds one reference and not one for each list.
final class FilterProgram: Sendable {
  /// A text of the event that is read.
  enum Field: Sendable {
    case attribute(FilterField)
    case tag(FilterTag, name: String)
  }

  let code: [FilterInstruction]
  let literals: [FilterValue]
  /// The bytes of all literal texts.
  let bytes: [UInt8]
  let fields: [Field]
  let paths: JSONPaths
  let lists: [FilterList]
  let needles: [FilterNeedle]
  let tests: [FilterTest]
  /// The most values that are on the stack at once.
  let stackCount: Int

  private init(_ parts: FilterParts) {
    code = parts.code
    literals = parts.literals
    bytes = parts.bytes
    fields = parts.fields
    paths = parts.paths
    lists = parts.lists
    needles = parts.needles
    tests = parts.tests
    stackCount = parts.stackCount
  }

  /// Compiles an expression.
  ///
  /// - Throws: ``FilterViolation`` when an evaluation could cost more than the limits allow.
  static func compile(
    _ expression: FilterExpression,
    limits: FilterLimits
  ) throws(FilterViolation) -> (program: FilterProgram, cost: FilterCost) {
    var compiler = FilterCompiler()
    compiler.compile(expression)
    compiler.finish()
    let cost = compiler.cost
    guard cost.steps <= limits.maximumSteps else {
      throw FilterViolation(
        .cost,
        at: .whole,
        "it could take \(cost.steps) steps for an event, and \(limits.maximumSteps) are allowed",
        remedy: "compare fewer values"
      )
    }
    guard cost.passes <= limits.maximumPasses else {
      throw FilterViolation(
        .cost,
        at: .whole,
        "it could read an event \(cost.passes) times, "
          + "and \(limits.maximumPasses) times are allowed",
        remedy: "read the same part less often, or fewer parts"
      )
    }
    return (FilterProgram(compiler.parts), cost)
  }
}

/// The parts of a program while it is made.
struct FilterParts {
  var code: [FilterInstruction] = []
  var literals: [FilterValue] = []
  var bytes: [UInt8] = []
  var fields: [FilterProgram.Field] = []
  var paths = JSONPaths()
  var lists: [FilterList] = []
  var needles: [FilterNeedle] = []
  var tests: [FilterTest] = []
  var stackCount = 0
  var readsData = false
}
