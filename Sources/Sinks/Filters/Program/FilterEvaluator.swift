// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Streams

/// What a filter says of an event.
public enum FilterOutcome: Sendable {
  /// The event is let through.
  case matched
  /// It is not.
  case refused
  /// It is not, since the filter has no value for it: a place in the data is missing, say, or holds
  /// something else than what it is compared with.
  case failed
}

/// Evaluates filters, one event at a time, in buffers that it keeps: one for each thread that filters.
///
/// It allocates nothing once its buffers have grown to what the events and filters need.
public struct FilterEvaluator: Sendable {
  var stack: [FilterValue] = []
  var top = -1
  /// The event's texts that were read; written ones are ranges of `written`.
  var fields: [String] = []
  /// When each was read: `stamp` in this evaluation if it is absent, one more if it is there.
  var fieldStamps: [UInt64] = []
  var stamp: UInt64 = 0
  var writtenTime = 0..<0
  /// What was unescaped or written in this evaluation.
  var written: [UInt8] = []
  var places = JSONPlaces()
  var hasPlaces = false
  /// The event's data, while it is read.
  var data: [UInt8] = []

  /// Makes an evaluator with empty buffers.
  public init() {}

  /// Evaluates a filter.
  ///
  /// Its time is bounded by the filter's cost and the event's size.
  /// - Parameters:
  ///   - filter: The filter.
  ///   - event: The event; its data is valid JSON if its format says so.
  /// - Returns: What the filter says.
  public mutating func evaluate(_ filter: EventFilter, _ event: Event) -> FilterOutcome {
    let program = filter.program
    if case .test(let number) = program.code[0], program.code.count == 1 {
      // Most tag filters are a single test, which needs no stack.
      prepare(program)
      return test(program.tests[number], program, event) ? .matched : .refused
    }
    prepare(program)
    let result = run(program, event)
    if hasPlaces { data = [] }
    // A large event leaves no large buffer behind.
    if written.capacity > 64 << 10 { written = [] }
    if result.isTrue { return .matched }
    return result.isFalse ? .refused : .failed
  }

  private mutating func prepare(_ program: FilterProgram) {
    top = -1
    stamp &+= 2
    hasPlaces = false
    if !written.isEmpty { written.removeAll(keepingCapacity: true) }
    while stack.count < program.stackCount { stack.append(.null) }
    while fields.count < program.fields.count {
      fields.append("")
      fieldStamps.append(0)
    }
  }

  private mutating func run(_ program: FilterProgram, _ event: Event) -> FilterValue {
    var next = 0
    while next < program.code.count {
      let instruction = program.code[next]
      next &+= 1
      switch instruction {
      case .jumpIfFalse(let target):
        if stack[top].isFalse { next = target } else { failUnlessBoolean() }
      case .jumpIfTrue(let target):
        if stack[top].isTrue { next = target } else { failUnlessBoolean() }
      default: step(instruction, program, event)
      }
    }
    return stack[0]
  }

  private mutating func failUnlessBoolean() {
    if stack[top].kind != .bool { stack[top] = .error }
  }

  private mutating func step(
    _ instruction: FilterInstruction,
    _ program: FilterProgram,
    _ event: Event
  ) {
    switch instruction {
    case .jumpIfFalse, .jumpIfTrue: break
    case .literal(let number): push(program.literals[number])
    case .attribute(let number): push(field(number, program, event) ?? .null)
    case .tag(let number): push(field(number, program, event) ?? .error)
    case .time: push(event.time.map { .time($0.milliseconds) } ?? .null)
    case .data(let node): push(value(at: node, program, event))
    case .hasTag(let number): push(.bool(field(number, program, event) != nil))
    case .hasData(let node): push(has(node, program, event))
    case .test(let number): push(.bool(test(program.tests[number], program, event)))
    case .not:
      let value = stack[top]
      stack[top] = value.kind == .bool ? .bool(value.isFalse) : .error
    case .and:
      let (left, right) = popTwo()
      stack[top] = joined(left, right, isDecided: right.isFalse)
    case .or:
      let (left, right) = popTwo()
      stack[top] = joined(left, right, isDecided: right.isTrue)
    case .compare(let relation):
      let (left, right) = popTwo()
      let result = compare(relation, left, right, program)
      stack[top] = result
    case .isInData:
      let (value, container) = popTwo()
      let result = isInData(value, container, program)
      stack[top] = result
    case .startsWith:
      let (text, prefix) = popTwo()
      let result = isAffix(text, prefix, program) { $0.hasPrefix($1) }
      stack[top] = result
    case .endsWith:
      let (text, suffix) = popTwo()
      let result = isAffix(text, suffix, program) { $0.hasSuffix($1) }
      stack[top] = result
    case .isOneOf, .isTagName, .contains, .size, .toInt, .toDouble:
      // Read first: a call whose argument read the stack would be given a copy of the evaluator.
      let value = stack[top]
      let result = converted(value, instruction, program, event)
      stack[top] = result
    }
  }

  /// What an operator of one value makes of it.
  @inline(__always) private func converted(
    _ value: FilterValue,
    _ instruction: FilterInstruction,
    _ program: FilterProgram,
    _ event: Event
  ) -> FilterValue {
    switch instruction {
    case .isOneOf(let number): isOneOf(value, program.lists[number], program)
    case .isTagName: isTagName(value, program, event)
    case .contains(let number): contains(value, program.needles[number], program)
    case .size: size(of: value, program)
    case .toInt: int(of: value, program)
    case .toDouble: double(of: value, program)
    default: preconditionFailure("the others take no value, or two")
    }
  }

  private mutating func push(_ value: FilterValue) {
    top &+= 1
    stack[top] = value
  }

  /// Two values, of which the place of the left one remains for what they make.
  @inline(__always) private mutating func popTwo() -> (FilterValue, FilterValue) {
    let pair = (stack[top &- 1], stack[top])
    top &-= 1
    return pair
  }

  /// Two values together: the right one if it decides by itself, else an error if there is one.
  @inline(__always) private func joined(
    _ left: FilterValue,
    _ right: FilterValue,
    isDecided: Bool
  ) -> FilterValue {
    isDecided || (left.kind == .bool && right.kind == .bool) ? right : .error
  }
}
