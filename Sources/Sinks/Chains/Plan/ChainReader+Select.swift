// SPDX-License-Identifier: Apache-2.0
import Codecs

extension ChainReader {
  func readSelect(_ value: JSONView, _ number: Int) throws(ChainViolation) -> ChainStage {
    let example = "{\"select\":{\"job\":\"data.job\",\"kind\":\"'job'\"}}"
    let members = try ChainMembers(value, stage: number, path: "select", example: example)
    let names = members.unknown
    guard 1...limits.maximumOutputs ~= names.count else {
      throw ChainViolation(
        .limit,
        stage: number,
        field: "select",
        "1 to \(limits.maximumOutputs) members can be written, not \(names.count)",
        remedy: "write \(example)"
      )
    }
    var outputs: [ChainOutput] = []
    for name in names {
      guard let value = value[name] else { continue }
      outputs.append(
        ChainOutput(name: name, value: try readOutput(value, members.field(name), number))
      )
    }
    // They come out in this order, so that the order in which they were written is of no matter.
    return .select(outputs.sorted { String.bytesPrecede($0.name, $1.name) })
  }

  private func readOutput(
    _ value: JSONView,
    _ field: String,
    _ number: Int
  ) throws(ChainViolation) -> ChainOutput.Value {
    switch value.kind {
    case .number, .bool, .null: return .literal(value.compacted)
    case .object:
      var members = try ChainMembers(value, stage: number, path: field, example: "")
      guard let literal = members.take("literal") else { break }
      try members.finish(known: "literal")
      return .literal(literal.compacted)
    case .string: return try readOutput(value.string ?? "", field, number)
    case .array: break
    }
    throw ChainViolation(
      stage: number,
      field: field,
      "a path or a literal is expected",
      remedy: "write \"data.job\", \"'a text'\", a number, or {\"literal\":…}"
    )
  }

  private func readOutput(
    _ text: String,
    _ field: String,
    _ number: Int
  ) throws(ChainViolation) -> ChainOutput.Value {
    let remedy: String
    do throws(FilterViolation) {
      switch try ExpressionParser.parseValue(text, limits: limits.filter) {
      case .field(let field): return .field(.text(field))
      case .time: return .field(.time)
      case .data(let path): return .field(.data(path))
      case .constant(.text(let text)): return .literal(JSONWriter.quoted(text))
      default: remedy = "write a path such as \"data.job\", or a text as \"'a text'\""
      }
    } catch {
      throw ChainViolation(
        stage: number,
        field: field,
        error.placeAndProblem,
        remedy: error.remedy
      )
    }
    throw ChainViolation(stage: number, field: field, "nothing is computed here", remedy: remedy)
  }
}
