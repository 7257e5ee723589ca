// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Turns an expression into a program, counting what its instructions may cost.
struct FilterCompiler {
  private(set) var parts = FilterParts()
  private var depth = 0
  private var literalSteps = 0
  /// How often the value of each path may be walked, beside finding it.
  private var walks: [Int: Int] = [:]
  /// How often each text of the event may be walked.
  private var fieldWalks: [Int: Int] = [:]
  private var fieldNumbers: [TextKey: Int] = [:]

  /// What an evaluation may cost.
  ///
  /// Values in the data are disjoint or inside each other, so what is walked adds up only along a path.
  /// Each name in the data is compared with those that are looked for beside each other, of which 16
  /// take about as long as reading it.
  var cost: FilterCost {
    var most = 0
    for node in 0..<parts.paths.count {
      var sum = walks[node, default: 0]
      var inner = node
      while inner != 0 {
        inner = parts.paths.parent(of: inner)
        sum += walks[inner, default: 0]
      }
      most = max(most, sum)
    }
    let data = parts.readsData ? 1 + parts.paths.memberCount / 16 + most : 0
    return FilterCost(
      steps: parts.code.count + literalSteps,
      passes: data + (fieldWalks.values.max() ?? 0)
    )
  }

  mutating func compile(_ expression: FilterExpression) {
    switch expression {
    case .constant(let constant):
      parts.literals.append(literal(constant))
      push(.literal(parts.literals.count - 1))
    case .field(.tag(let name)): push(.tag(tag(name)))
    case .field(let field): push(.attribute(self.field(.attribute(field), "\(field)")))
    case .time: push(.time)
    case .data(let path): push(.data(node(path)))
    case .hasTag(let name): push(.hasTag(tag(name)))
    case .hasData(let path): push(.hasData(node(path, walks: 0)))
    case .not(let inner):
      compile(inner)
      parts.code.append(.not)
    case .all(let operands): join(operands, isAll: true)
    case .any(let operands): join(operands, isAll: false)
    case .comparison(let relation, let left, let right):
      compile(left)
      compile(right)
      walkBoth(left, right)
      replaceTwo(by: .compare(relation))
    case .isOneOf(let value, let constants):
      compile(value)
      parts.code.append(.isOneOf(list(constants)))
    case .isInData(let value, let path):
      compile(value)
      // Each element is compared with the value, which then is walked as often: but a comparison ends
      // at the first difference, and lengths are compared first.
      push(.data(node(path, walks: 2)))
      replaceTwo(by: .isInData)
    case .isTagName(let value):
      compile(value)
      parts.code.append(.isTagName)
    case .contains(let value, let needle):
      compile(value)
      walk(value)
      parts.needles.append(prepared(needle))
      parts.code.append(.contains(parts.needles.count - 1))
    case .call(let function, let arguments): call(function, arguments)
    case .tag(let name, let test): push(.test(self.test(name, test)))
    }
  }

  private mutating func push(_ instruction: FilterInstruction) {
    parts.code.append(instruction)
    depth += 1
    parts.stackCount = max(parts.stackCount, depth)
  }

  private mutating func replaceTwo(by instruction: FilterInstruction) {
    parts.code.append(instruction)
    depth -= 1
  }

  /// Operands joined so that the first that decides ends it, and errors wait for one that does.
  private mutating func join(_ operands: [FilterExpression], isAll: Bool) {
    var jumps: [Int] = []
    for (index, operand) in operands.enumerated() {
      compile(operand)
      if index > 0 { replaceTwo(by: isAll ? .and : .or) }
      jumps.append(parts.code.count)
      parts.code.append(.not)
    }
    for jump in jumps {
      let end = parts.code.count
      parts.code[jump] = isAll ? .jumpIfFalse(end) : .jumpIfTrue(end)
    }
  }

  private mutating func call(_ function: FilterFunction, _ arguments: [FilterExpression]) {
    for argument in arguments { compile(argument) }
    if arguments.count == 2 { walkBoth(arguments[0], arguments[1]) } else { walk(arguments[0]) }
    switch function {
    case .size: parts.code.append(.size)
    case .int: parts.code.append(.toInt)
    case .double: parts.code.append(.toDouble)
    case .startsWith: replaceTwo(by: .startsWith)
    case .endsWith: replaceTwo(by: .endsWith)
    }
  }

  /// Counts that two texts are compared; with a literal it takes no longer than that is.
  private mutating func walkBoth(_ left: FilterExpression, _ right: FilterExpression) {
    if case .constant = left { return }
    if case .constant = right { return }
    walk(left)
    walk(right)
  }

  /// Counts that a value is walked from its beginning to its end.
  private mutating func walk(_ value: FilterExpression) {
    switch value {
    case .data(let path): _ = node(path)
    case .field(.tag(let name)): fieldWalks[tag(name), default: 0] += 1
    case .field(let field):
      fieldWalks[self.field(.attribute(field), "\(field)"), default: 0] += 1
    default: break
    }
  }

  private mutating func node(_ path: [JSONPaths.Step], walks count: Int = 1) -> Int {
    parts.readsData = true
    let node = parts.paths.insert(path)
    walks[node, default: 0] += count
    return node
  }

  /// Notes which fields are read by one test alone.
  mutating func finish() {
    var readers = [Int](repeating: 0, count: parts.fields.count)
    for instruction in parts.code {
      switch instruction {
      case .attribute(let field), .tag(let field), .hasTag(let field): readers[field] += 1
      case .test(let number): readers[parts.tests[number].field] += 1
      default: break
      }
    }
    for number in parts.tests.indices {
      parts.tests[number].isOnly = readers[parts.tests[number].field] == 1
    }
  }

  private mutating func tag(_ name: String) -> Int {
    field(.tag(FilterTag(name), name: name), "tag \(name)")
  }

  private mutating func field(_ field: FilterProgram.Field, _ key: String) -> Int {
    if let number = fieldNumbers[TextKey(key)] { return number }
    parts.fields.append(field)
    fieldNumbers[TextKey(key)] = parts.fields.count - 1
    return parts.fields.count - 1
  }

  private mutating func literal(_ constant: FilterConstant) -> FilterValue {
    switch constant {
    case .null: .null
    case .bool(let bool): .bool(bool)
    case .int(let int): .int(int)
    case .double(let double): .double(double)
    case .time(let milliseconds): .time(milliseconds)
    case .text(let text): .text(in: .literals, bytes(of: text))
    }
  }

  private mutating func bytes(of text: String) -> Range<Int> {
    let start = parts.bytes.count
    parts.bytes.append(contentsOf: text.utf8)
    literalSteps += text.utf8.count / 16
    return start..<parts.bytes.count
  }

  private mutating func list(_ constants: [FilterConstant]) -> Int {
    var list = FilterList()
    for text in constants.compactMap(\.text).sorted(by: String.bytesPrecede) {
      list.texts.append(bytes(of: text))
    }
    for constant in constants where constant.text == nil { list.others.append(literal(constant)) }
    literalSteps += list.others.count
    parts.lists.append(list)
    return parts.lists.count - 1
  }

  private mutating func prepared(_ text: String) -> FilterNeedle {
    literalSteps += text.utf8.count / 16
    return FilterNeedle(text)
  }

  private mutating func test(_ name: String, _ test: FilterTagTest) -> Int {
    let kind: FilterTest.Kind
    switch test {
    case .equal(let text): kind = .equal(bytes(of: text))
    case .anyOf(let texts):
      kind = .anyOf(list(texts.map { .text($0) }))
    case .exists: kind = .exists
    case .startsWith(let text): kind = .startsWith(bytes(of: text))
    case .endsWith(let text): kind = .endsWith(bytes(of: text))
    case .contains(let text):
      parts.needles.append(prepared(text))
      kind = .contains(parts.needles.count - 1)
      fieldWalks[tag(name), default: 0] += 1
    case .number(let relation, let text):
      guard let number = DecimalText(text.utf8.span) else {
        preconditionFailure("only decimal numbers are compared as such")
      }
      kind = .number(relation, number, bytes(of: text))
      fieldWalks[tag(name), default: 0] += 1
    }
    parts.tests.append(FilterTest(field: tag(name), kind: kind))
    return parts.tests.count - 1
  }
}
