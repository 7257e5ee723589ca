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
  enum FieldState: Sendable {
    case unread
    case absent
    case present
  }

  var stack: [FilterValue] = []
  var top = -1
  /// The event's texts that were read; written ones are ranges of `written`.
  var fields: [String] = []
  var fieldStates: [FieldState] = []
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
    hasPlaces = false
    if !written.isEmpty { written.removeAll(keepingCapacity: true) }
    while stack.count < program.stackCount { stack.append(.null) }
    while fields.count < program.fields.count {
      fields.append("")
      fieldStates.append(.unread)
    }
    for number in program.fields.indices { fieldStates[number] = .unread }
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
    case .and: combine(deciding: \.isFalse)
    case .or: combine(deciding: \.isTrue)
    case .compare(let relation): replaceTwo { $0.compare(relation, $1, $2, program) }
    case .isInData: replaceTwo { $0.isInData($1, $2, program) }
    case .startsWith: replaceTwo { $0.isAffix($1, $2, program) { $0.hasPrefix($1) } }
    case .endsWith: replaceTwo { $0.isAffix($1, $2, program) { $0.hasSuffix($1) } }
    case .isOneOf(let number):
      stack[top] = isOneOf(stack[top], program.lists[number], program)
    case .isTagName: stack[top] = isTagName(stack[top], program, event)
    case .contains(let number): stack[top] = contains(stack[top], program.needles[number], program)
    case .size: stack[top] = size(of: stack[top], program)
    case .toInt: stack[top] = int(of: stack[top], program)
    case .toDouble: stack[top] = double(of: stack[top], program)
    }
  }

  private mutating func push(_ value: FilterValue) {
    top &+= 1
    stack[top] = value
  }

  @inline(__always) private mutating func replaceTwo(
    by combine: (inout FilterEvaluator, FilterValue, FilterValue) -> FilterValue
  ) {
    let (left, right) = (stack[top &- 1], stack[top])
    top &-= 1
    stack[top] = combine(&self, left, right)
  }

  /// Joins two values: the one that decides by itself, else an error if there is one.
  @inline(__always) private mutating func combine(deciding: (FilterValue) -> Bool) {
    let (left, right) = (stack[top &- 1], stack[top])
    top &-= 1
    stack[top] =
      deciding(right) || (left.kind == .bool && right.kind == .bool) ? right : .error
  }

  /// A text of the event, read at most once in an evaluation.
  mutating func field(
    _ number: Int,
    _ program: FilterProgram,
    _ event: Event
  ) -> FilterValue? {
    if fieldStates[number] == .unread { read(number, program.fields[number], event) }
    guard fieldStates[number] == .present else { return nil }
    if case .tag(.time, _) = program.fields[number], !writtenTime.isEmpty {
      return .text(in: .written, writtenTime)
    }
    return .field(number)
  }

  private mutating func read(_ number: Int, _ field: FilterProgram.Field, _ event: Event) {
    let text: String?
    switch field {
    case .attribute(let attribute): text = attribute.text(of: event)
    case .tag(.time, let name):
      writtenTime = 0..<0
      if let time = event.time {
        let start = written.count
        RFC3339.append(milliseconds: time.milliseconds, to: &written)
        writtenTime = start..<written.count
        fieldStates[number] = .present
        return
      }
      text = event.tags[name]
    case .tag(let tag, let name): text = tag.attribute(of: event) ?? event.tags[name]
    }
    fieldStates[number] = text == nil ? .absent : .present
    if let text { fields[number] = text }
  }

  /// Finds the places that the program reads, once for all of them.
  mutating func findPlaces(_ program: FilterProgram, _ event: Event) {
    hasPlaces = true
    data = event.data
    let data = data
    if event.format == .json { program.paths.find(in: data.span, into: &places) }
  }
}
